#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: two compartments with absorption into the first, integrated."""
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_ode import draw, grid, solve, write  # noqa: E402


def outputs(theta):
    ka, cl, v1, q, v2, dose = theta

    def rates(_, m):
        taken, there, back, gone = ka * m[0], q / v1 * m[1], q / v2 * m[2], cl / v1 * m[1]
        return [-taken, taken + back - there - gone, there - back, gone]
    states = solve(rates, [dose, 0.0, 0.0, 0.0], grid(24.0, 49))
    return [[s[1] / v1 for s in states], [a for s in states for a in s]]



rng = random.Random(1994)
write(["ka", "CL", "V1", "Q", "V2", "dose"],
      [[1.5, 0.04, 0.3, 0.1, 0.25, 4.02]] + [draw(rng, (4.0, 0.05, 0.35, 0.1, 0.25), 0.3) + [4.5] for _ in range(5)], outputs)
