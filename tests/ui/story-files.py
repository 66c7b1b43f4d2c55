# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad file is refused in words; a model is opened by the dialog and saved under another name.

story-files.py UNDERSTUDY UNDERSTUDY-CLI
"""
import os
import subprocess
import sys
import tempfile

from uidrive import App, absent, find, wait, walk, windows, xdo

program, cli = sys.argv[1:3]


def titled(app, part):
    wait(lambda: part in app.frame.get_name(), "title with " + part)


with tempfile.TemporaryDirectory() as folder:
    model = os.path.join(folder, "story.safetensors")
    bad = os.path.join(folder, "bad.safetensors")
    copy = os.path.join(folder, "copy.safetensors")
    subprocess.run([cli, "train", "simvae", "box", "--preset", "quick", "--samples", "256",
                    "--seed", "1", "--out", model], check=True, stderr=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    with open(model, "rb") as whole, open(bad, "wb") as half:
        half.write(whole.read()[:5000])

    # Truncated: said in a dialog that names the file, and the window lives.
    with App([program, bad]) as app:
        find(app.root, "label", "The model could not be opened", t=20)
        assert any("bad.safetensors" in (a.get_name() or "") for a in walk(app.root))
        xdo("key", "Escape")
        absent(app.root, "label", "The model could not be opened")

        # The good one by the file dialog.
        xdo("key", "ctrl+o")
        wait(lambda: windows("Open a Model"), "dialog")
        xdo("key", "ctrl+l")
        xdo("type", "--delay", 5, model)
        xdo("key", "Return")
        titled(app, "story")
        find(app.root, "slider", "Width.*|.*idth.*")

        # Under another name, by the keyboard.
        xdo("key", "ctrl+shift+s")
        wait(lambda: windows("Save the Model"), "dialog")
        xdo("key", "ctrl+a")
        xdo("type", "--delay", 5, copy)
        xdo("key", "Return")
        titled(app, "copy")
        wait(lambda: os.path.exists(copy), "file written")
        app.close()
    with open(model, "rb") as a, open(copy, "rb") as b:
        assert a.read() == b.read(), "a saved copy is the same model"
