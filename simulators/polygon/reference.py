#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: the outline of four points by its definition, in double precision.

clamp(1/2 + 1.5/2 - d, 0, 1); d is the distance in pixels from the pixel's centre to the nearest of the four sides
1-2, 2-3, 3-4, 4-1.  Field of 64 x 64 pixels, x from the left, y from the bottom; row 0 of the picture is at the top.
"""
import math
import random

NAMES = [f"{axis}{k}" for k in range(1, 5) for axis in "xy"]
SIZE, WIDTH = 64, 1.5


def distance(px, py, ax, ay, bx, by):
    """By the height of a triangle (cross product), or to the nearer end."""
    ux, uy, vx, vy = bx - ax, by - ay, px - ax, py - ay
    along = ux * vx + uy * vy
    if along <= 0:
        return math.hypot(vx, vy)
    if along >= ux * ux + uy * uy:
        return math.hypot(px - bx, py - by)
    return abs(ux * vy - uy * vx) / math.hypot(ux, uy)


def plot(theta):
    corners = list(zip(theta[0::2], theta[1::2]))
    sides = list(zip(corners, corners[1:] + corners[:1]))
    return [min(max(0.5 + WIDTH / 2 - min(distance(column + 0.5, SIZE - row - 0.5, *a, *b) for a, b in sides), 0.0), 1.0)
            for row in range(SIZE) for column in range(SIZE)]


def main():
    rng = random.Random(1911)
    cases = [[10.0, 10.0, 50.0, 10.0, 50.0, 40.0, 10.0, 40.0],          # upright
             [8.5, 8.5, 55.5, 55.5, 8.5, 55.5, 55.5, 8.5],              # folded
             [20.25, 30.5] * 4,                                         # one point
             [0.0, 0.0, 64.0, 0.0, 64.0, 64.0, 0.0, 64.0]]              # the field's own border
    cases += [[round(rng.uniform(2, 62), 4) for _ in NAMES] for _ in range(6)]
    print(",".join(["output", "index", "value"] + NAMES))
    for theta in cases:
        tail = ",".join(map(repr, theta))
        values = plot(theta)
        edges = [k for k, v in enumerate(values) if 0 < v < 1]
        chosen = rng.sample(edges, min(25, len(edges))) + rng.sample(range(SIZE * SIZE), 10)
        for k in sorted(set(chosen)):
            print(f"0,{k},{values[k]:.9f},{tail}")


main()
