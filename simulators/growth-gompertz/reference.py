#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: dN/dt = r N ln(K/N), integrated."""
import random
import sys
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_ode import draw, grid, solve, write  # noqa: E402


def outputs(theta):
    n0, r, k = theta

    def rate(_, n):
        return r * n * numpy.log(k / n)
    sizes = [n[0] for n in solve(rate, [n0], grid(20.0, 41))]
    return [sizes, [rate(0.0, n) for n in sizes]]


rng = random.Random(1825)
write(["N0", "r", "K"], [[9.6, 0.3, 663.0], [500.0, 0.3, 200.0]] + [draw(rng, (15.0, 0.3, 400.0)) for _ in range(8)], outputs)
