#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: the Fourier simulator by its definition, in double precision.

y(u) = c0 + sum over k = 1..5 of a_k cos(2 pi k u) + b_k sin(2 pi k u)
curve: y at u = (j + 1/2) / 64
plot:  clamp(1/2 + 1.5/2 - d, 0, 1); d is the distance in pixels from the pixel's centre to the polyline
       through the 257 points u = i / 256, in a field of 64 x 64 pixels, y from -1 (bottom) to 1 (top)
"""
import math
import random

NAMES = ["c0"] + [f"a{k}" for k in range(1, 6)] + [f"b{k}" for k in range(1, 6)]
SIZE, SEGMENTS, WIDTH = 64, 256, 1.5


def curve(theta, u):
    return theta[0] + math.fsum(theta[k] * math.cos(2 * math.pi * k * u)
                                + theta[5 + k] * math.sin(2 * math.pi * k * u) for k in range(1, 6))


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
    points = [(SIZE * i / SEGMENTS, (1 - curve(theta, i / SEGMENTS)) * SIZE / 2) for i in range(SEGMENTS + 1)]
    values = []
    for row in range(SIZE):
        for column in range(SIZE):
            d = min(distance(column + 0.5, row + 0.5, *a, *b) for a, b in zip(points, points[1:]))
            values.append(min(max(0.5 + WIDTH / 2 - d, 0.0), 1.0))
    return values


def main():
    rng = random.Random(1911)
    cases = [[0.0] * 11, [0.1] * 11, [0.25] + [0.0] * 10, [0.0] * 5 + [0.25] + [0.0] * 4 + [-0.25]]
    cases += [[round(rng.uniform(-0.25, 0.25), 4) for _ in NAMES] for _ in range(4)]
    print(",".join(["output", "index", "value"] + NAMES))
    for theta in cases:
        tail = ",".join(map(repr, theta))
        values = plot(theta)
        edges = [k for k, v in enumerate(values) if 0 < v < 1]
        chosen = rng.sample(edges, 20) + rng.sample(range(SIZE * SIZE), 10)
        for k in sorted(set(chosen)):
            print(f"0,{k},{values[k]:.9f},{tail}")
        for j in range(0, SIZE, 5):
            print(f"1,{j},{curve(theta, (j + 0.5) / SIZE):.12f},{tail}")


main()
