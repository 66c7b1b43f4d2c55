#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: the box by its definition, in double precision.

Coverage of a pixel by the box is the exact area, here by clipping polygons (Sutherland and Hodgman) and the
shoelace formula.  The cross: two lines of width 1.5 pixels, 2 pixels from the box's centre in x and in y,
intensity clamp(1/2 + 1.5/2 - d, 0, 1) at distance d from the pixel's centre.
red = green = (1 - coverage) (1 - cross), blue = red + cross
"""
import math
import random

SIZE, WIDTH, ARM = 64, 1.5, 2.0


def clip(polygon, axis, limit, keep_below):
    """The part of a polygon on one side of an axis-parallel line."""
    def inside(p):
        return p[axis] <= limit if keep_below else p[axis] >= limit

    out = []
    for p, q in zip(polygon, polygon[1:] + polygon[:1]):
        if inside(p):
            out.append(p)
        if inside(p) != inside(q):
            t = (limit - p[axis]) / (q[axis] - p[axis])
            out.append(tuple(a + t * (b - a) for a, b in zip(p, q)))
    return out


def area(polygon):
    return abs(math.fsum(p[0] * q[1] - p[1] * q[0] for p, q in zip(polygon, polygon[1:] + polygon[:1]))) / 2


def distance(px, py, ax, ay, bx, by):
    ux, uy, vx, vy = bx - ax, by - ay, px - ax, py - ay
    along = ux * vx + uy * vy
    if along <= 0:
        return math.hypot(vx, vy)
    if along >= ux * ux + uy * uy:
        return math.hypot(px - bx, py - by)
    return abs(ux * vy - uy * vx) / math.hypot(ux, uy)


def pixel(theta, row, column):
    x, y, w, h = theta
    bottom = SIZE - 1 - row                     # of the pixel, counted upwards
    polygon = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
    for axis, low in ((0, column), (1, bottom)):
        polygon = clip(polygon, axis, low, False)
        polygon = clip(polygon, axis, low + 1, True) if polygon else polygon
    coverage = area(polygon) if polygon else 0.0
    cx, cy = x + w / 2, y + h / 2
    d = min(distance(column + 0.5, bottom + 0.5, cx - ARM, cy - s * ARM, cx + ARM, cy + s * ARM) for s in (1, -1))
    cross = min(max(0.5 + WIDTH / 2 - d, 0.0), 1.0)
    red = (1 - coverage) * (1 - cross)
    return red, red, red + cross


def main():
    rng = random.Random(1911)
    cases = [[0.0, 0.0, 64.0, 64.0], [28.0, 28.0, 8.0, 8.0], [10.25, 4.5, 20.5, 30.125]]
    for _ in range(5):
        w, h = rng.uniform(8, 64), rng.uniform(8, 64)
        cases.append([round(v, 4) for v in (rng.uniform(0, 64 - w), rng.uniform(0, 64 - h), w - 1e-3, h - 1e-3)])
    print("output,index,value,x,y,w,h")
    for theta in cases:
        tail = ",".join(map(repr, theta))
        values = [v for row in range(SIZE) for column in range(SIZE) for v in pixel(theta, row, column)]
        edges = [k for k, v in enumerate(values) if 0 < v < 1]
        chosen = rng.sample(edges, min(25, len(edges))) + rng.sample(range(3 * SIZE * SIZE), 15)
        for k in sorted(set(chosen)):
            print(f"0,{k},{values[k]:.9f},{tail}")


main()
