#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: S, E, I and R with a latent period, and fewer contacts from some day on, integrated."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_epidemic import print_reference  # noqa: E402

print_reference(["R0", "latent", "infectious", "initial", "introduction", "control", "control_day", "population"],
                [4.0, 3.0, 5.0, 5.0, -3.5, 0.15, 21.5, 763.0], 1927)
