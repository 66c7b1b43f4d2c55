#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: x' = v + a t, stepped from one time to the next in exact fractions; the trapezoid is exact."""
import random
from fractions import Fraction

rng = random.Random(1972)
cases = [["1", "0", "0"], ["0", "1", "0"], ["0", "0", "1"]]
cases += [[f"{rng.gauss(0, 1):.4f}" for _ in range(3)] for _ in range(6)]
print("output,index,value,x0,v,a")
for case in cases:
    x, v, a = map(Fraction, case)
    step = Fraction(2, 15)
    for index in range(16):
        print(f"1,{index},{float(x):.12f}," + ",".join(case))
        x += step * (v + v + a * step) / 2
        v += a * step
