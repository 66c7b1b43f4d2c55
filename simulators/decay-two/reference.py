#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: two pools, each dy/dt = -k y, integrated."""
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_ode import draw, grid, solve, write  # noqa: E402


def outputs(theta):
    a, share, k, ratio = theta
    parts = solve(lambda _, y: [-k * ratio * y[0], -k * y[1]], [a * share, a * (1 - share)], grid(10.0, 41))
    return [[f + s for f, s in parts], [k * (ratio * f + s) for f, s in parts], [v for part in parts for v in part]]



rng = random.Random(1956)
write(["A", "share", "k", "ratio"],
      [[2.22, 0.9, 0.167, 10.7], [1.0, 0.5, 0.1, 2.0]]
      + [[min(v, 0.99) if i == 1 else max(v, 1.0) if i == 3 else v for i, v in enumerate(draw(rng, (2.0, 0.5, 0.2, 8.0)))]
         for _ in range(8)], outputs)
