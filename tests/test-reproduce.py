#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`understudy-cli reproduce simvae` with tiny budgets: what it writes, going on, refusals.  TAP on stdout.

Usage: test-reproduce.py PATH/TO/understudy-cli
"""
import base64
import csv
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse
import xml.dom.minidom
import zlib
from html.parser import HTMLParser

CLI = sys.argv[1]
TMP = tempfile.TemporaryDirectory()
TINY = ["--seed", "1", "--draws", "192", "--pairs", "120"]


def path(name):
    return os.path.join(TMP.name, name)


def cli(*args, status=0, timeout=280):
    done = subprocess.run([CLI, *map(str, args)], capture_output=True, text=True, timeout=timeout)
    assert done.returncode == status, f"{args}: status {done.returncode}, wanted {status}\n{done.stdout}\n{done.stderr}"
    return done


def reproduce(out, *args, status=0):
    return cli("reproduce", "simvae", "--out", path(out), *args, status=status)


def read(name, mode="r"):
    with open(path(name), mode) as f:
        return f.read()


class Page(HTMLParser):
    """Balanced tags, images, links, cells."""

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.links, self.tags, self.words = [], [], [], {}, ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attributes)["href"])

    def handle_startendtag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag == "img":
            self.images.append(dict(attributes))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.words += data


def check_png(data):
    """Chunks with right sums, rows as long as the header says."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, pixels = 8, b""
    while at < len(data):
        n, = struct.unpack(">I", data[at:at + 4])
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + n]
        assert struct.unpack(">I", data[at + 8 + n:at + 12 + n])[0] == zlib.crc32(kind + body), kind
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
        elif kind == b"IDAT":
            pixels += body
        at += 12 + n
    assert depth == 8 and len(zlib.decompress(pixels)) == height * (1 + width * {0: 1, 2: 3, 6: 4}[colour])
    return colour


def check_report(name, simulators):
    text = read(name + "/index.html")
    page = Page(text)
    xml.dom.minidom.parseString(text.encode())
    assert "script" not in page.tags and "link" not in page.tags
    for link in page.links:                     # to itself or to a file beside it
        assert link.startswith("#") or os.path.exists(path(name + "/" + link)), link
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in text, link
    assert len(page.images) >= 1 + 4 * len(simulators)
    for image in page.images:
        assert len(image["alt"]) > 20 and image["src"].startswith("data:image/svg+xml,"), image["alt"]
        svg = urllib.parse.unquote(image["src"].split(",", 1)[1])
        xml.dom.minidom.parseString(svg.encode())
        assert "prefers-color-scheme:dark" in svg and "http" not in svg.replace("http://www.w3.org/", ""), image["alt"]
    colours = set()
    for figure in sorted(os.listdir(path(name + "/figures"))):
        if figure.endswith(".svg"):
            svg = read(f"{name}/figures/{figure}")
            xml.dom.minidom.parseString(svg.encode())
            for png in re.findall(r'data:image/png;base64,([^"]*)"', svg):
                colours.add(check_png(base64.b64decode(png)))
    for s in simulators:
        for figure in ("fig1-rows-", "fig2-", "fig3-", "fig4-", "worst-"):
            assert os.path.exists(path(f"{name}/figures/{figure}{s}.svg")), figure + s
    size = sum(os.path.getsize(os.path.join(folder, f)) for folder, _, files in os.walk(path(name)) for f in files
               if "/models" not in folder)
    assert size < 1.2e6 * len(simulators) + 4e5, size
    return page, colours


def everything_is_made():
    reproduce("one", "--quick", "--simulators", "rlc", *TINY)
    page, _ = check_report("one", ["rlc"])
    assert "This is a quick run" in page.words and "understudy-cli reproduce simvae" in page.words
    assert "supervised" in page.words.lower() and "β-VAE" in page.words
    d = json.loads(read("one/numbers.json"))
    assert d["quick"] is True and d["pairs"] == 120 and len(d["simulators"]) == 1
    s = d["simulators"][0]
    assert s["simulator"] == "rlc" and s["published_mig"] == 0.13 and s["published_truth"] == 0.07
    assert [w["what"] for w in s["wanted"]][1:] == ["f₀, slope", "f₀, R²", "Q, slope", "Q, R²"]
    for w in s["wanted"]:                       # nothing is reached that misses something
        assert w["reached"] == (w["missing"] == 0), w
    assert [c["method"] for c in s["comparison"]] == ["simvae", "supervised", "beta-vae"]
    table = list(csv.DictReader(read("one/table-1.csv").splitlines()))
    assert len(table) == 1 and abs(float(table[0]["mig_20_bins"]) - s["mig_20_bins"]["mig"]) < 1e-12
    assert len(list(csv.DictReader(read("one/accuracy.csv").splitlines()))) == 3
    rows = list(csv.DictReader(read("one/comparison.csv").splitlines()))
    assert len(rows) == 3 and rows[2]["accuracy"] == "" and rows[1]["accuracy"] != ""


def a_second_run_trains_nothing_and_says_the_same():
    models = path("one/models")
    stamps = {f: os.stat(os.path.join(models, f)).st_mtime_ns for f in os.listdir(models)}
    before = json.loads(read("one/numbers.json"))
    reproduce("one", "--quick", "--simulators", "rlc", *TINY)
    assert stamps == {f: os.stat(os.path.join(models, f)).st_mtime_ns for f in os.listdir(models)}
    after = json.loads(read("one/numbers.json"))
    for d in (before, after):
        for s in d["simulators"]:
            for key in [k for k in s if k.startswith("seconds_")]:
                del s[key]
    assert before == after


def models_of_other_options_are_not_mixed_in():
    done = reproduce("one", "--quick", "--simulators", "rlc", "--seed", "2", "--draws", "192", status=1)
    assert "seed 1" in done.stderr and "seed 2" in done.stderr, done.stderr


def a_model_at_hand_is_taken():
    os.mkdir(path("mine"))
    os.link(path("one/models/rlc.safetensors"), path("mine/rlc.safetensors"))
    reproduce("two", "--simulators", "rlc", "--models", path("mine"), "--compare-minutes", "0", "--pairs", "120")
    page, _ = check_report("two", ["rlc"])
    assert "from " + path("mine/rlc.safetensors") in page.words and "quick run" not in page.words
    assert "β-VAE" not in page.words                            # no comparison was asked for
    assert os.listdir(path("two/models")) == []
    one, two = (json.loads(read(n + "/numbers.json"))["simulators"][0] for n in ("one", "two"))
    assert one["mig_20_bins"] == two["mig_20_bins"] and one["parameters"] == two["parameters"]


def pictures_are_grey_and_whole():
    reproduce("three", "--quick", "--simulators", "polygon,box", "--seed", "1", "--draws", "64", "--pairs", "100",
              "--compare-minutes", "0")
    page, colours = check_report("three", ["polygon", "box"])
    assert colours == {0, 2}, colours                           # grey polygons, coloured boxes
    order = [s["simulator"] for s in json.loads(read("three/numbers.json"))["simulators"]]
    assert order == ["box", "polygon"]                          # the paper's, not ours
    assert "Several answers to one question" in page.words      # of the polygon
    polygon = json.loads(read("three/numbers.json"))["simulators"][1]
    assert 0 < polygon["corner_error"] < 64 and polygon["wanted"][0]["reached"] is False


def wrong_models_are_refused():
    os.mkdir(path("wrong"))
    os.link(path("three/models/box.safetensors"), path("wrong/rlc.safetensors"))
    done = reproduce("four", "--simulators", "rlc", "--models", path("wrong"), status=1)
    assert "a model of box" in done.stderr and "rlc" in done.stderr, done.stderr
    os.remove(path("wrong/rlc.safetensors"))
    os.link(path("one/models/rlc.supervised.safetensors"), path("wrong/rlc.safetensors"))
    assert "supervised" in reproduce("four", "--simulators", "rlc", "--models", path("wrong"), status=1).stderr
    os.remove(path("wrong/rlc.safetensors"))
    with open(path("wrong/rlc.safetensors"), "wb") as f:
        f.write(b"nothing of the kind")
    assert "rlc.safetensors" in reproduce("four", "--simulators", "rlc", "--models", path("wrong"), status=1).stderr
    assert not os.path.exists(path("four/index.html"))


def misuse_and_failure_are_said():
    cli("reproduce", status=2)
    assert "simvae" in cli("reproduce", "gan", "--out", path("x"), status=2).stderr
    assert "--out" in cli("reproduce", "simvae", status=2).stderr
    assert "pendulum" in reproduce("x", "--simulators", "rlc,pendulum", status=2).stderr
    assert "--simulators" in reproduce("x", "--simulators", "", status=2).stderr
    reproduce("x", "--minutes", "soon", status=2)
    reproduce("x", "--minutes", "-1", status=2)
    reproduce("x", "--compare-minutes", "nan", status=2)
    reproduce("x", "--pairs", "5", status=2)
    assert "--quick" in reproduce("x", "--quick", "--minutes", "3", status=2).stderr
    assert "nowhere" in reproduce("x", "--models", path("nowhere"), status=1).stderr
    assert "nowhere" in reproduce("x", "--drawings", path("nowhere"), status=1).stderr
    assert not os.path.exists(path("x"))
    with open(path("file"), "w") as f:
        f.write("in the way")
    assert path("file") in reproduce("file", "--quick", "--simulators", "rlc", status=1).stderr
    assert read("file") == "in the way"


def an_interrupted_run_goes_on():
    args = ["--simulators", "rlc", "--seed", "3", "--draws", "60000", "--pairs", "100", "--compare-minutes", "0", "--jobs", "1"]
    run = subprocess.Popen([CLI, "reproduce", "simvae", "--out", path("five"), *args], stderr=subprocess.PIPE, text=True)
    while not os.path.exists(path("five/models/rlc.safetensors.plan")) and run.poll() is None:
        time.sleep(0.02)
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)
    stderr = run.communicate(timeout=120)[1]
    assert run.returncode == 1 and "goes on" in stderr, stderr
    assert os.path.exists(path("five/models/rlc.safetensors.checkpoint")), os.listdir(path("five/models"))
    assert not os.path.exists(path("five/index.html"))
    reproduce("five", *args)
    check_report("five", ["rlc"])
    assert not os.path.exists(path("five/models/rlc.safetensors.checkpoint"))


TESTS = [everything_is_made, a_second_run_trains_nothing_and_says_the_same, models_of_other_options_are_not_mixed_in,
         a_model_at_hand_is_taken, pictures_are_grey_and_whole, wrong_models_are_refused, misuse_and_failure_are_said,
         an_interrupted_run_goes_on]
print(f"1..{len(TESTS)}")
failed = 0
for i, test in enumerate(TESTS, 1):
    try:
        test()
        print(f"ok {i} {test.__name__}", flush=True)
    except Exception:                                  # noqa: BLE001: each failure is printed and counted
        failed += 1
        print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), end="")
        print(f"not ok {i} {test.__name__}", flush=True)
