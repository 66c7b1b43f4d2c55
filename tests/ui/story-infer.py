# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws a curve, reads its parameters, undoes, clears, opens a table and a picture, saves the numbers.

story-infer.py UNDERSTUDY UNDERSTUDY-CLI [FOLDER-FOR-PICTURES]
"""
import csv
import math
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

from uidrive import (App, absent, act, description, extents, find, shown, states, wait, walk,
                     windows, xdo)

program, cli = sys.argv[1:3]
pictures = sys.argv[3] if len(sys.argv) > 3 else None
LONG = 40                       # seconds: a loaded machine is slow, not wrong
HILL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "drawings", "hill.csv")


def write_png(path, size=128):
    """A dark curve on white paper, grey, 8 bits."""
    rows = b""
    for y in range(size):
        rows += b"\0" + bytes(0 if abs(y - size * (0.5 - 0.2 * math.sin(2 * math.pi * x / size))) < 2
                              else 255 for x in range(size))

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


with tempfile.TemporaryDirectory() as folder:
    model, bad, picture, numbers = (os.path.join(folder, name) for name in
                                    ("story.safetensors", "bad.csv", "picture.png", "numbers.csv"))
    subprocess.run([cli, "train", "simvae", "fourier", "--preset", "quick", "--samples", "256",
                    "--seed", "1", "--out", model], check=True, stderr=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    write_png(picture)
    with open(bad, "w") as f:
        f.write("x,y\n0.1,0.2\n0.2,oops\n0.3,0.1\n")

    with App([program, model]) as app:
        find(app.root, "label", "RMS difference.*", t=LONG)
        app.page("Infer")
        canvas = shown(find(app.root, "image", "Drawing canvas", t=LONG))

        def points():
            m = re.match(r"(\d+) points?", description(canvas))
            return int(m.group(1)) if m else None

        def captions():
            """What decoder and simulator are captioned with, once there are numbers."""
            return tuple(a.get_name() for a in walk(app.frame) if a.get_role_name() == "label"
                         and re.fullmatch(r"(Decoder|Simulator), RMS .*", a.get_name() or ""))

        def estimates():
            return [a.get_name() for a in walk(app.frame) if a.get_role_name() == "list item"
                    and "±" in (a.get_name() or "")]

        def other(before, what):
            return wait(lambda: len(captions()) == 2 and captions() != before and captions(), what, LONG)

        def button(name):
            return find(app.root, "push button", name, t=LONG)

        def draw(shape, start=0.06, end=0.94):
            _, _, w, h = extents(canvas)
            side = min(w, h)                    # the field is a square in the middle
            app.drag(canvas, [((w / 2 + side * (u - 0.5)) / w, (h / 2 - side * shape(u) / 2) / h)
                              for u in (start + (end - start) * i / 60 for i in range(61))])

        def choose(title, path):
            """In the file dialog of this title; again when the dialog was not yet listening."""
            wait(lambda: windows(title), title + " dialog", LONG)
            for _ in range(5):
                if title == "Open Data":
                    xdo("key", "ctrl+l")
                xdo("key", "ctrl+a")
                xdo("type", "--delay", 8, path)
                xdo("key", "Return")
                try:
                    wait(lambda: not windows(title), title + " dialog gone", 10)
                    return
                except AssertionError:
                    pass
            raise AssertionError(f"{title}: {path} was not taken")

        # With the pen: each parameter with an interval, both reconstructions with a distance.
        assert wait(lambda: [estimates()], "what is read of nothing", LONG)[0] == []
        assert "sensitive" not in states(button(".*Save Numbers…"))
        draw(lambda u: 0.4 * math.sin(2 * math.pi * u))
        first = other((), "answer to the drawing")
        wait(lambda: (points() or 0) > 20, "points of the drawing", LONG)
        wait(lambda: len(estimates()) == 11, "eleven estimates", LONG)
        find(app.root, "label", ".*more closely.*|.*was not measured.*")
        # 0.4 high, where the prior ends at 0.25: read smaller, by less than half, and said so.
        note = find(app.root, "label", r"Read at \d+ % of its height\. Its b₁ is about .*", t=LONG).get_name()
        assert 50 <= int(re.match(r"Read at (\d+)", note).group(1)) <= 65, note
        wait(lambda: "sensitive" in states(button("Undo")), "something to undo", LONG)
        n_first = points()
        if pictures:
            app.shot(os.path.join(pictures, "infer.png"))

        # A second stroke; undone; done again.
        draw(lambda u: -0.5 + 0.2 * u, 0.2, 0.8)
        second = other(first, "answer to two strokes")
        n_second = points()
        assert n_second > n_first
        act(button("Undo"))
        wait(lambda: points() == n_first, "one stroke is gone", LONG)
        assert other(second, "answer without it") == first, "same drawing, same answer"
        act(button("Redo"))
        wait(lambda: points() == n_second, "it is back", LONG)
        wait(lambda: captions() == second, "with its answer", LONG)

        # Clear: nothing is claimed any more; and even that can be undone.
        act(button("Clear"))
        wait(lambda: points() == 0 and not captions() and not estimates(), "cleared", LONG)
        act(button("Undo"))
        wait(lambda: points() == n_second and captions() == second, "clear undone", LONG)

        # A table, which becomes a drawing.
        act(button(".*Open Data…"))
        choose("Open Data", os.path.realpath(HILL))
        table = other(second, "answer to the table")
        with open(HILL) as f:
            n_rows = sum(1 for line in f) - 1
        wait(lambda: points() == n_rows, "a point a row", LONG)

        # A bad table: file, line and column are named, and nothing is lost.
        act(button(".*Open Data…"))
        choose("Open Data", bad)
        find(app.root, "label", "These data cannot be read", t=LONG)
        said = wait(lambda: next((a.get_name() for a in walk(app.root) if "bad.csv" in (a.get_name() or "")
                                  and "oops" in a.get_name()), None), "the reason", LONG)
        assert "line 3" in said and "column 2" in said, said
        if pictures:
            app.shot(os.path.join(pictures, "infer-refused.png"))
        xdo("key", "Escape")
        absent(app.root, "label", "These data cannot be read")
        assert points() == n_rows and captions() == table

        # A picture of another size, dark on light.
        act(button(".*Open Data…"))
        choose("Open Data", picture)
        other(table, "answer to the picture")
        wait(lambda: points() == 0, "no pen was used", LONG)
        find(app.root, "label", "Data .*128.*", t=LONG)     # what was done to it
        if pictures:
            app.shot(os.path.join(pictures, "infer-picture.png"))

        # The numbers, as a table.
        act(button(".*Save Numbers…"))
        choose("Save Numbers", numbers)
        wait(lambda: os.path.exists(numbers), "numbers written", LONG)
        with open(numbers) as f:
            rows = list(csv.DictReader(f))
        assert [r["quantity"] for r in rows[:2]] == ["c0", "a1"] and len(rows) == 12, rows
        assert all(float(r["lower"]) <= float(r["mean"]) <= float(r["upper"]) for r in rows[:11]), rows
        assert rows[11]["quantity"] == "rms" and float(rows[11]["mean"]) > 0, rows
        app.close()
