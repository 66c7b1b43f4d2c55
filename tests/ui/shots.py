# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs every page: shots.py PROGRAM MODEL FOLDER [SUFFIX [WIDTHxHEIGHT]].

Run inside run-ui; ADW_DEBUG_COLOR_SCHEME=prefer-dark for the dark pages.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from uidrive import App, act, find, wait, xdo  # noqa: E402

program, model, folder = sys.argv[1:4]
suffix = sys.argv[4] if len(sys.argv) > 4 else ""
size = sys.argv[5] if len(sys.argv) > 5 else None

with App([program, model]) as app:
    find(app.root, "label", r"RMS difference.*", t=30)
    if size:
        app.resize(*size.split("x"))
    xdo("mousemove", 0, 0)              # no tooltip in the picture
    for page in ("Explore", "Simulator", "Train", "Infer", "Evidence"):
        app.page(page)
        if page == "Evidence":
            find(app.root, "label", r".*held-out draws that training never saw", t=300)
        app.shot(os.path.join(folder, page.lower() + suffix + ".png"), settle=1.5)
    app.close()
