#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: a series circuit by its mesh equation, in complex numbers and double precision.

V = I (R + j w L + 1 / (j w C)); gain 20 lg |I R / V| in dB, phase arg (I R / V) in rad, at 128 frequencies from 50 Hz to
5 MHz, evenly spaced in the logarithm.  L in mH, C in nF.
"""
import cmath
import math
import random

NAMES = ["R", "L", "C"]
POINTS = 128


def bode(theta):
    r, l, c = theta[0], theta[1] * 1e-3, theta[2] * 1e-9
    values = []
    for t in range(POINTS):
        jw = 2j * math.pi * 10 ** (math.log10(50) + 5 * t / (POINTS - 1))
        h = r / (r + jw * l + 1 / (jw * c))
        values += [20 * math.log10(abs(h)), cmath.phase(h)]
    return values


def main():
    rng = random.Random(1911)
    cases = [[100.0, 1.0, 10.0], [100000.0, 100.0, 1.0], [0.3333334, 0.1, 1000.0]]
    while len(cases) < 12:
        theta = [float(f"{math.exp(rng.uniform(math.log(a), math.log(b))):.5g}")
                 for a, b in ((0.3, 1e5), (0.1, 100), (1, 1000))]
        if 0.1 < math.sqrt(theta[1] * 1e-3 / (theta[2] * 1e-9)) / theta[0] < 30:
            cases.append(theta)
    print(",".join(["output", "index", "value"] + NAMES))
    for theta in cases:
        tail = ",".join(map(repr, theta))
        for k, value in enumerate(bode(theta)):
            if k < 4 or k > 251 or rng.random() < 0.15:
                print(f"0,{k},{value:.12f},{tail}")


main()
