#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: two compartments with a bolus in the first, integrated."""
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_ode import draw, grid, solve, write  # noqa: E402


def outputs(theta):
    cl, v1, q, v2, dose = theta

    def rates(_, m):
        there, back, gone = q / v1 * m[0], q / v2 * m[1], cl / v1 * m[0]
        return [back - there - gone, there - back, gone]
    states = solve(rates, [dose, 0.0, 0.0], grid(8.0, 33))
    return [[s[0] / v1 for s in states], [a for s in states for a in s]]



rng = random.Random(1976)
write(["CL", "V1", "Q", "V2", "dose"],
      [[8.1, 7.6, 6.3, 12.0, 25.0], [10.0, 10.0, 1e-3, 10.0, 25.0]]
      + [draw(rng, (10.0, 10.0, 5.0, 15.0)) + [25.0] for _ in range(6)], outputs)
