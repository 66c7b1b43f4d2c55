#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: the three shapes by their definition, in double precision.

A pixel is 1 when its centre lies inside the shape.  The shape's own coordinates are those of the pixel's centre, moved,
turned back and divided by the scale, as complex numbers; the heart is a polygon, tested by the winding of its corners.
"""
import cmath
import math
import random

NAMES = ["shape", "scale", "orientation", "posX", "posY"]
SIZE = 64


def heart():
    corners = []
    for k in range(150):
        t = 2 * math.pi * k / 150
        up = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        corners.append(complex(9.6 * math.sin(t) ** 3, 1.44 + 0.6625 * up))
    return corners


HEART = heart()


def inside(shape, w):
    """w: x to the right, y up."""
    if shape == 1:
        return max(abs(w.real), abs(w.imag)) < 9.598
    if shape == 2:
        return math.hypot(w.real / 12.772, w.imag / 7.212) < 1
    turned = sum(cmath.phase((q - w) / (p - w)) for p, q in zip(HEART, HEART[1:] + HEART[:1]))
    return abs(turned) > math.pi


def plot(theta):
    shape, scale, orientation, x, y = theta
    centre = complex(16 + 32 * x, SIZE - (16 + 32 * y))
    turn_back = cmath.exp(-1j * orientation) / scale
    return [int(inside(shape, (complex(column + 0.5, SIZE - row - 0.5) - centre) * turn_back))
            for row in range(SIZE) for column in range(SIZE)]


def main():
    rng = random.Random(2017)
    cases = [[1, 0.5, 0.0, 0.0, 0.0], [2, 1.0, 0.7, 1.0, 0.0], [3, 1.0, 0.0, 0.5, 1.0], [3, 1.0, 1.0, 0.5, 0.5]]
    for k in range(8):
        cases.append([1 + k % 3] + [round(rng.uniform(*r), 4) for r in ((0.5, 1), (0, 2 * math.pi), (0, 1), (0, 1))])
    print(",".join(["output", "index", "value"] + NAMES))
    for theta in cases:
        tail = ",".join(map(repr, theta))
        values = plot(theta)
        edges = [k for k in range(SIZE, SIZE * SIZE - SIZE)
                 if any(values[k] != values[k + d] for d in (-1, 1, -SIZE, SIZE))]
        chosen = rng.sample(edges, 40) + rng.sample(range(SIZE * SIZE), 10)
        for k in sorted(set(chosen)):
            print(f"0,{k},{values[k]},{tail}")


main()
