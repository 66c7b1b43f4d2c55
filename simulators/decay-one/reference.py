#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: dy/dt = -k y, integrated."""
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_ode import draw, grid, solve, write  # noqa: E402


def outputs(theta):
    a, k = theta
    values = [y[0] for y in solve(lambda _, y: -k * y, [a], grid(10.0, 41))]
    return [values, [k * y for y in values]]



rng = random.Random(1902)
write(["A", "k"],
      [[1.0, 0.5], [5.0, 2.0]] + [draw(rng, (2.0, 0.4)) for _ in range(8)], outputs)
