#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: dG/dt = -ka G, dM/dt = ka G - CL/V M, integrated."""
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_ode import draw, grid, solve, write  # noqa: E402


def outputs(theta):
    ka, cl, v, dose = theta
    states = solve(lambda _, s: [-ka * s[0], ka * s[0] - cl / v * s[1], cl / v * s[1]], [dose, 0.0, 0.0], grid(24.0, 49))
    return [[s[1] / v for s in states], [a for s in states for a in s]]



rng = random.Random(1994)
write(["ka", "CL", "V", "dose"],
      [[1.5, 0.04, 0.45, 4.02], [0.5, 0.1, 0.2001, 4.5]] + [draw(rng, (1.5, 0.05, 0.5)) + [4.5] for _ in range(6)], outputs)
