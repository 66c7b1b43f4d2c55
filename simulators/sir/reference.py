#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: dS/dt = -beta S I / N, dI/dt = beta S I / N - gamma I, integrated."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_epidemic import print_reference  # noqa: E402

print_reference(["R0", "infectious", "initial", "introduction", "population"],
                [3.6, 2.2, 1.0, -1.5, 763.0], 1927)
