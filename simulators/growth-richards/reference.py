#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: dN/dt = r N (1 - (N/K)^nu), integrated."""
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_ode import draw, grid, solve, write  # noqa: E402


def outputs(theta):
    n0, r, k, nu = theta

    def rate(_, n):
        return r * n * (1.0 - (n / k) ** nu)
    sizes = [n[0] for n in solve(rate, [n0], grid(20.0, 41))]
    return [sizes, [rate(0.0, n) for n in sizes]]


rng = random.Random(1825)
write(["N0", "r", "K", "nu"], [[9.6, 0.547, 663.0, 1.0], [500.0, 0.3, 200.0, 2.0], [20.0, 4.0, 500.0, 0.05]]
      + [draw(rng, (15.0, 0.4, 400.0, 1.0)) for _ in range(9)], outputs)
