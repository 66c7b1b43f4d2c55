#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints reference.csv: S, I and R, where R becomes S again, integrated."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from reference_epidemic import print_reference  # noqa: E402

print_reference(["R0", "infectious", "immunity", "initial", "introduction", "population"],
                [2.5, 4.0, 60.0, 2.0, 1.25, 1000.0], 1927)
