# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the README: readme-shots.py PROGRAM MODEL FOLDER [POSTERIOR], inside run-ui.

POSTERIOR: of the yeast of data/series, for the Attribution page; without MODEL ("-") only that one."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from uidrive import App, act, find, set_value, xdo  # noqa: E402

program, model, folder = sys.argv[1:4]
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "..", "..", "data", "drawings", "hill.csv")) as f:
    points = [tuple(map(float, line.split(","))) for line in f.read().split()[1:]]

if len(sys.argv) > 4:
    with App([program, sys.argv[4], os.path.join(here, "..", "..", "data", "series", "yeast_carlson_1913.csv")]) as app:
        find(app.root, "label", r"These data are .*", t=120)
        xdo("mousemove", 0, 0)
        app.shot(os.path.join(folder, "attribution.png"), settle=4)
        app.close()
if model == "-":
    sys.exit(0)

with App([program, model]) as app:
    find(app.root, "label", r"RMS difference.*", t=40)
    app.page("Explore")
    for name, value in (("Cosine 1", 0.15), ("Sine 2", -0.12), ("Cosine 3", 0.08), ("Constant", 0.03)):
        set_value(find(app.root, "slider", name + ".*"), value)
    app.shot(os.path.join(folder, "explore.png"), settle=2)
    app.page("Infer")
    app.drag(find(app.root, "image", "Drawing canvas"), [(x, 0.5 - 0.5 * y) for x, y in points])
    app.shot(os.path.join(folder, "infer.png"), settle=2)
    app.page("Train")
    act(find(app.root, "push button", ".*Start Training"))
    time.sleep(70)                      # long enough for the encoder to begin
    xdo("mousemove", 0, 0)
    app.shot(os.path.join(folder, "train.png"), settle=1)
