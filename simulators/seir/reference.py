#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: S, E, I and R with a latent period, integrated."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_epidemic import print_reference  # noqa: E402

print_reference(["R0", "latent", "infectious", "initial", "introduction", "population"],
                [12.0, 9.0, 6.0, 1.0, 0.0, 188.0], 1927)
