# SPDX-License-Identifier: GPL-3.0-or-later
"""A scientist with a table of measurements trains a posterior: mechanism, data, start, in the window alone.

story-learn.py UNDERSTUDY UNDERSTUDY-CLI [FOLDER-FOR-PICTURES [SUFFIX [SIMULATIONS]]]
"""
import os
import sys
import tempfile
import time

from uidrive import App, act, find, set_value, wait, windows, xdo

program = sys.argv[1]
pictures = sys.argv[3] if len(sys.argv) > 3 else None
suffix = sys.argv[4] if len(sys.argv) > 4 else ""
simulations = int(sys.argv[5]) if len(sys.argv) > 5 else 600
LONG = 60                       # seconds: a loaded machine is slow, not wrong

YEAST = ("hour,biomass\n0,9.6\n1,18.3\n2,29\n3,47.2\n4,71.1\n5,119.1\n6,174.6\n7,257.3\n8,350.7\n9,441\n10,513.3\n11,559.7\n"
         "12,594.8\n13,629.4\n14,640.8\n15,651.1\n16,655.9\n17,659.6\n18,661.8\n")


with tempfile.TemporaryDirectory() as folder, App([program, "--new"]) as app:
    def shot(name, settle=1.0):
        if pictures:
            xdo("mousemove", 0, 0)
            app.shot(os.path.join(pictures, "learn-" + name + suffix + ".png"), settle=settle)

    def file(name, text):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def choose_file(path):
        act(find(app.root, "push button", ".*Choose…", t=LONG))
        wait(lambda: windows("Open Measured Data"), "dialog", LONG)
        xdo("key", "ctrl+l")
        xdo("type", "--delay", 5, path)
        time.sleep(0.3)
        xdo("key", "Return")

    def says(pattern):
        return find(app.root, "label", pattern, t=LONG)

    # The mechanism, from the gallery.
    app.page("Simulator")
    act(find(app.root, "push button", "Logistic growth", t=LONG))
    shot("simulator", 2.0)

    # What is to be learnt of it.
    app.page("Train")
    app.click(find(app.root, "label", "The simulator and its inverse", t=LONG))
    app.click(find(app.root, "label", "Parameters, with their uncertainty", t=LONG))
    shot("empty", 3)
    says(".*draws from the prior.*")

    # A file with a cell that is no number: told with its line, not swallowed.
    choose_file(file("wrong.csv", YEAST.replace("71.1", "about 70")))
    says("(?s).*line 6.*about 70.*")
    shot("error")

    # The right one.
    choose_file(file("yeast.csv", YEAST))
    says("(?s).*19 points.*")
    says(".*values lie .*")
    shot("data")

    set_value(find(app.root, "spin button", "Simulations.*", t=LONG), simulations)
    act(find(app.root, "push button", ".*Start Training", t=LONG))
    if pictures:
        find(app.root, "push button", ".*Stop", t=LONG)
        time.sleep(6)
        shot("running", 0.2)
    find(app.root, "label", "How it was learnt", t=5 * LONG)
    shot("finished")
    app.close()
