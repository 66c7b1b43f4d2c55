# SPDX-License-Identifier: GPL-3.0-or-later
"""A newcomer opens a model, moves sliders by accessibility and by mouse, plays, changes pages.

story-first-look.py UNDERSTUDY UNDERSTUDY-CLI [FOLDER-FOR-PICTURES]
"""
import os
import subprocess
import sys
import tempfile

from uidrive import App, act, extents, find, set_value, value, wait, walk, xdo

program, cli = sys.argv[1:3]
pictures = sys.argv[3] if len(sys.argv) > 3 else None

with tempfile.TemporaryDirectory() as folder:
    model = os.path.join(folder, "story.safetensors")
    subprocess.run([cli, "train", "simvae", "fourier", "--preset", "quick", "--samples", "256",
                    "--seed", "1", "--out", model], check=True, stderr=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    with App([program, model]) as app:
        label = find(app.root, "label", "RMS difference.*", 60)

        def changed(before, what):
            return wait(lambda: label.get_name() != before and label.get_name(), what, 30)

        first = label.get_name()

        # By accessibility.
        slider = find(app.root, "slider", "Cosine 1")
        set_value(slider, 0.2)
        second = changed(first, "RMS follows the slider")
        wait(lambda: abs(value(slider) - 0.2) < 1e-9, "slider keeps its value")

        # By mouse: the trough at its left end.
        app.drag(slider, [(0.5, 0.5), (0.3, 0.5), (0.05, 0.5)])
        wait(lambda: value(slider) < 0.1, "slider follows the mouse")
        changed(second, "RMS follows the mouse")

        # Play moves it, and stops.  All is found before: while it plays, each question
        # waits for a frame.
        play = find(app.root, "push button", "Play")
        sliders = wait(lambda: [a for a in walk(app.root) if a.get_role_name() == "slider"], "sliders", 60)
        constant = next(a for a in sliders if a.get_name() == "Constant")
        middle = find(app.root, "push button", "Back to the middle")
        before = [value(a) for a in sliders]
        act(play)
        wait(lambda: [value(a) for a in sliders] != before, "play moves a slider")
        wait(lambda: play.get_name() == "Pause", "playing")
        act(play)
        wait(lambda: play.get_name() == "Play", "paused")

        # Back to the middle.
        act(middle)
        wait(lambda: abs(value(slider)) < 1e-9 and abs(value(constant)) < 1e-9, "middle")
        if pictures:
            app.shot(os.path.join(pictures, "explore.png"))

        # Another simulator, with the keyboard on the way.
        xdo("key", "alt+1")
        box = wait(lambda: next((a for a in walk(app.root) if a.get_name() == "Box"
                                 and a.get_role_name() == "push button"
                                 and extents(a)[2] > 0), None), "gallery")
        act(box)
        find(app.root, "label", "Only draws that obey this are used: .*")
        if pictures:
            app.shot(os.path.join(pictures, "simulator.png"))
        for page in ("Train", "Infer", "Explore"):
            app.page(page)
        # The model is still the one of Fourier.
        assert find(app.root, "slider", "Cosine 1")
        app.close()
