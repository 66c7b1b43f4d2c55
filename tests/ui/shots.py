# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs every page: shots.py PROGRAM MODEL FOLDER [SUFFIX [WIDTHxHEIGHT [NETWORK [DATA]]]].

With a NETWORK (a posterior or predictor) Infer, Attribution and Evidence are those of it, with DATA opened beside it.
Run inside run-ui; ADW_DEBUG_COLOR_SCHEME=prefer-dark for the dark pages.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from uidrive import App, act, find, wait, xdo  # noqa: E402

program, model, folder = sys.argv[1:4]
suffix = sys.argv[4] if len(sys.argv) > 4 else ""
size = sys.argv[5] if len(sys.argv) > 5 else None
network = sys.argv[6:8]

if network:
    with App([program, *network]) as app:
        if size:
            app.resize(*size.split("x"))
        xdo("mousemove", 0, 0)
        for page in ("Infer", "Attribution", "Evidence"):
            app.page(page)
            if page == "Evidence":
                find(app.root, "label", r"\d+ simulations that it was not trained on.*", t=300)
            elif len(network) > 1:
                find(app.root, "label", r"(These data|No simulation|How unusual|The network that).*", t=120)
            app.shot(os.path.join(folder, page.lower() + "-network" + suffix + ".png"), settle=2)
        app.close()
    sys.exit(0)

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
