#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: dx/dt = (alpha - beta y) x, dy/dt = (delta x - gamma) y, integrated."""
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_ode import draw, grid, solve, write  # noqa: E402


def outputs(theta):
    alpha, beta, gamma, delta, prey, predator = theta

    def rates(_, n):
        return [(alpha - beta * n[1]) * n[0], (delta * n[0] - gamma) * n[1]]
    states = solve(rates, [prey, predator], grid(20.0, 41))
    return [[n for state in states for n in state], [state[0] for state in states], [state[1] for state in states]]


rng = random.Random(1925)
write(["alpha", "beta", "gamma", "delta", "prey0", "predator0"],
      [[0.55, 0.028, 0.8, 0.024, 34.0, 5.9]] + [draw(rng, (0.7, 0.03, 0.7, 0.03, 20.0, 10.0)) for _ in range(6)], outputs)
