# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains with one press, explores meanwhile, pauses, goes on, stops, saves, opens what was saved.

story-train.py UNDERSTUDY UNDERSTUDY-CLI [FOLDER-FOR-PICTURES]
"""
import os
import sys
import tempfile
import time

from uidrive import App, act, find, set_value, value, wait, walk, windows, xdo

program = sys.argv[1]
pictures = sys.argv[3] if len(sys.argv) > 3 else None
LONG = 60                       # seconds: a loaded machine is slow, not wrong

with tempfile.TemporaryDirectory() as folder:
    saved = os.path.join(folder, "mine.safetensors")

    with App([program, "--new"]) as app:
        def labels():
            return [a.get_name() or "" for a in walk(app.frame) if a.get_role_name() == "label"]

        def button(name):
            return find(app.root, "push button", name, t=LONG)

        def agreement():
            return next((t for t in labels() if t.startswith("RMS difference")), None)

        # One press. The budget is more than the story needs: it stops by itself.
        app.page("Train")
        set_value(find(app.root, "spin button", "Budget.*", t=LONG), 5)
        act(button(".*Start Training"))
        bar = find(app.root, "progress bar", "Training progress", t=LONG)
        wait(lambda: 0 < value(bar) < 1, "progress", LONG)
        before = value(bar)
        wait(lambda: value(bar) > before, "progress moves", LONG)
        wait(lambda: "in training" in app.frame.get_name(), "title says that it is in training", LONG)
        if pictures:
            time.sleep(3)
            app.shot(os.path.join(pictures, "train.png"))

        # Meanwhile the weights of this moment answer the slider.
        app.page("Explore")
        first = wait(agreement, "weights in use", LONG)
        slider = find(app.root, "slider", "Cosine 1", t=LONG)
        set_value(slider, 0.2)
        wait(lambda: abs(value(slider) - 0.2) < 1e-9, "slider keeps its value", LONG)
        wait(lambda: agreement() not in (None, first), "the picture follows", LONG)
        if pictures:
            app.shot(os.path.join(pictures, "train-explore.png"))

        # Newer weights come by themselves, and leave the slider alone.
        second = agreement()
        wait(lambda: agreement() not in (None, second), "newer weights", LONG)
        assert abs(value(slider) - 0.2) < 1e-9

        # Paused: the numbers stand still.
        app.page("Train")
        act(button(".*Pause"))
        button(".*Resume")
        wait(lambda: any("Paused" in t for t in labels() + [a.get_name() or "" for a in walk(app.root)]),
             "said to be paused", LONG)
        time.sleep(0.5)
        still = value(bar), [t for t in labels() if " of " in t]
        time.sleep(2)
        assert (value(bar), [t for t in labels() if " of " in t]) == still, "paused, yet it moves"
        act(button(".*Resume"))
        wait(lambda: value(bar) > still[0], "goes on", LONG)

        # Stopped: what was learnt is kept, is nobody's file yet, can be gone on with.
        act(button(".*Stop"))
        button(".*Start Training")
        button(".*Go On")
        wait(lambda: "not saved" in app.frame.get_name(), "title says that it is not saved", LONG)
        if pictures:
            app.shot(os.path.join(pictures, "train-stopped.png"))
        app.page("Explore")
        kept = wait(agreement, "the model is kept", LONG)

        xdo("key", "ctrl+shift+s")
        wait(lambda: windows("Save the Model"), "dialog", LONG)
        for _ in range(5):
            xdo("key", "ctrl+a")
            xdo("type", "--delay", 8, saved)
            xdo("key", "Return")
            try:
                wait(lambda: not windows("Save the Model"), "dialog gone", 10)
                break
            except AssertionError:
                pass
        wait(lambda: os.path.exists(saved), "file written", LONG)
        wait(lambda: app.frame.get_name().startswith("mine"), "title says the name", LONG)
        app.close()

    # The saved one is the same model: the same answer at the same place.
    with App([program, saved]) as app:
        wait(agreement, "opened again", LONG)
        set_value(find(app.root, "slider", "Cosine 1", t=LONG), 0.2)
        wait(lambda: agreement() == kept, "same weights, same answer", LONG)
        # How it was trained is still known.
        app.page("Train")
        if pictures:
            app.shot(os.path.join(pictures, "train-record.png"), settle=3)
        app.close()
