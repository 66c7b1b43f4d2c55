#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: dM/dt = -CL/V M, integrated."""
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_ode import draw, grid, solve, write  # noqa: E402


def outputs(theta):
    cl, v, dose = theta
    body = [m[0] for m in solve(lambda _, m: -cl / v * m, [dose], grid(8.0, 33))]
    return [[m / v for m in body], [a for m in body for a in (m, dose - m)]]



rng = random.Random(1976)
write(["CL", "V", "dose"],
      [[8.1, 10.0, 25.0], [20.0, 15.0, 50.0]] + [draw(rng, (10.0, 15.0)) + [25.0] for _ in range(8)], outputs)
