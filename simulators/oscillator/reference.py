#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: x'' + (w0/Q) x' + w0^2 x = a cos (w t), integrated; its response a / (w0^2 - w^2 + i w w0 / Q)."""
import cmath
import math
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_ode import draw, grid, solve, write  # noqa: E402


def outputs(theta):
    f0, quality, drive, f, x0 = theta
    w0, w = 2 * math.pi * f0, 2 * math.pi * f

    def rates(t, y):
        return [y[1], drive * math.cos(w * t) - w0 / quality * y[1] - w0 ** 2 * y[0]]
    states = solve(rates, [x0, 0.0], grid(20.0, 161), 1e-13)
    response = []
    for k in range(128):
        wk = 2 * math.pi * 0.05 * 160.0 ** (k / 127)
        r = drive / (w0 ** 2 - wk ** 2 + 1j * wk * w0 / quality)
        response += [abs(r), -cmath.phase(r)]
    return [[s[0] for s in states], [s[1] for s in states], response]


rng = random.Random(1940)
write(["f0", "Q", "drive", "f_drive", "x0"],
      [[0.5, 10.0, 1.0, 0.5, 0.0], [0.5, 0.5, 1.0, 0.3, 1.0], [0.4, 0.2, 2.0, 1.0, -1.0]]
      + [draw(rng, (0.6, 4.0, 2.0, 0.6, 1.0)) for _ in range(5)], outputs, keep=0.1)
