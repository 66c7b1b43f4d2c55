# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reference.py of the simulators with differential equations share: solutions by SciPy's DOP853.

Prints output,index,value,PARAMETERS…, some of the points of each case: reference.csv.
"""
import math
import random

import numpy
from scipy.integrate import solve_ivp


def solve(rates, start, times, smallest=None):
    """States (T, S) at increasing times from 0 on; errors below `smallest` do not count."""
    if smallest is None:
        smallest = 1e-13 * max(map(abs, start))
    last = max(times[-1], 1e-9)
    solution = solve_ivp(rates, (0.0, last), start, method="DOP853", rtol=1e-12,
                         atol=smallest, dense_output=True, max_step=last / 50)
    assert solution.success, solution.message
    return [list(solution.sol(t)) for t in times]


def grid(last, count, first=0.0):
    return [first + (last - first) * t / (count - 1) for t in range(count)]


def draw(rng, medians, spread=0.4):
    """Around typical values; five digits, so that the file gives exactly these."""
    return [float(f"{m * math.exp(rng.gauss(0.0, spread)):.5g}") for m in medians]


def write(names, cases, outputs, keep=0.25, seed=1):
    """outputs(theta): for each output the flat list of its values."""
    rng = random.Random(seed)
    print(",".join(["output", "index", "value"] + names))
    for theta in cases:
        tail = ",".join(map(repr, theta))
        for o, values in enumerate(outputs(theta)):
            for k, value in enumerate(values):
                if k < 2 or k > len(values) - 3 or rng.random() < keep:
                    print(f"{o},{k},{float(value):.12g},{tail}")
