#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`understudy-cli reproduce sgnn` with tiny trainings: what it writes, models taken again, a part that fails, refusals.
TAP on stdout.

Usage: test-reproduce-sgnn.py PATH/TO/understudy-cli
"""
import csv
import json
import os
import subprocess
import sys
import tempfile
import traceback
import xml.dom.minidom

CLI = sys.argv[1]
TMP = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(TMP.name, name)


def cli(*args, status=0):
    done = subprocess.run([CLI, "reproduce", "sgnn", *map(str, args)], capture_output=True, text=True, timeout=280)
    assert done.returncode == status, f"{args}: status {done.returncode}, wanted {status}\n{done.stdout}\n{done.stderr}"
    return done


def read(name):
    with open(path(name)) as f:
        return f.read()


def rows(name):
    with open(path(name), newline="") as f:
        return list(csv.DictReader(f))


def check_page(name):
    """Well-formed, needs nothing else, each link leads to a file."""
    page = read(name + "/index.html")
    dom = xml.dom.minidom.parseString(page.replace("<!DOCTYPE html>", ""))
    for a in dom.getElementsByTagName("a"):
        href = a.getAttribute("href")
        assert href.startswith("#") or os.path.exists(path(name + "/" + href)), href
    for image in dom.getElementsByTagName("img"):
        assert image.getAttribute("src").startswith("data:image/svg+xml") and image.getAttribute("alt")
    assert "<script" not in page
    return page, dom


def test_report():
    cli("--out", path("a"), "--parts", "attribution,excess", "--rows", 300, "--seed", 3)
    page, dom = check_page("a")
    sections = [s.getAttribute("id") for s in dom.getElementsByTagName("section")]
    # in the page's order, not in the order asked for
    assert sections == ["summary", "wanted", "excess", "attribution", "making"], sections
    assert "coarse run" in page and "--rows 300" in page and "train quantities --head mean linear-gaussian --samples 100" in page
    numbers = json.loads(read("a/numbers.json"))
    excess = numbers["parts"]["excess"]["numbers"]
    table = rows("a/excess-risk.csv")
    assert [float(r["simulations"]) for r in table] == [100, 300]
    assert abs(float(table[1]["excess"]) - excess["excess.300"]) < 1e-12
    # more simulations, less excess, and none below the Bayes risk, the trace of a known covariance
    assert 0 < excess["excess.300"] < excess["excess.100"]
    assert abs(excess["bayes_risk"] - 1.0331) < 1e-3, excess["bayes_risk"]
    attribution = numbers["parts"]["attribution"]["numbers"]
    assert attribution["wasserstein.first"] > 1 and attribution["wasserstein_adjusted.last"] < 0.5
    assert numbers["quick"] is True and numbers["parts"]["excess"]["failure"] == ""
    wanted = numbers["parts"]["excess"]["wanted"][0]
    assert wanted["reached"] == (wanted["measured"] <= wanted["target"])


def test_again():
    """Trained models are taken again by the same command only; the numbers stay."""
    before = json.loads(read("a/numbers.json"))["parts"]["excess"]["numbers"]
    file = path("a/models/excess-100.safetensors")
    stamp = os.stat(file).st_mtime_ns
    cli("--out", path("a"), "--parts", "excess", "--rows", 300, "--seed", 3)
    assert os.stat(file).st_mtime_ns == stamp
    assert "from an earlier run" in read("a/index.html") and "trained now" not in read("a/index.html")
    assert json.loads(read("a/numbers.json"))["parts"]["excess"]["numbers"] == before
    # another seed is another command
    cli("--out", path("a"), "--parts", "excess", "--rows", 300, "--seed", 4)
    assert os.stat(file).st_mtime_ns != stamp
    assert json.loads(read("a/numbers.json"))["parts"]["excess"]["numbers"] != before


def test_failing():
    """A part that fails says so, and the others go on."""
    os.makedirs(path("b/models/excess-100.safetensors/in-the-way"))
    done = cli("--out", path("b"), "--parts", "excess,attribution", "--rows", 100)
    numbers = json.loads(read("b/numbers.json"))["parts"]
    assert "excess-100.safetensors" in numbers["excess"]["failure"] and "excess failed" in done.stderr
    assert numbers["attribution"]["failure"] == "" and numbers["attribution"]["numbers"]
    page, _ = check_page("b")
    assert "could not be carried out to its end" in page


def test_series():
    """Shipped series, how unusual they are before any estimate; what is not shipped only by --data, its numbers never."""
    os.mkdir(path("more"))
    with open(path("more/influenza_school_1978.csv"), "w") as f:
        f.write("day,in_bed,convalescent\n" + "".join(f"{d},{v},0\n" for d, v in enumerate((2, 7, 24, 80, 210, 290, 250, 190, 120, 70, 30, 12))))
    cli("--out", path("c"), "--parts", "series", "--rows", 200, "--quick", "--data", path("more"))
    page, _ = check_page("c")
    numbers = json.loads(read("c/numbers.json"))["parts"]["series"]["numbers"]
    assert abs(numbers["yeast.K.likelihood"] - 663) < 1 and abs(numbers["yeast.r.likelihood"] - 0.547) < 0.002
    assert numbers["yeast.K.q05"] < numbers["yeast.K"] < numbers["yeast.K.q95"]
    start = page.index("<h3>Yeast")
    assert start < page.index("simulation", start) < page.index("Maximum-likelihood fits", start) < page.index("posterior of growth", start)
    assert os.path.exists(path("c/figures/series-yeast.csv")) and os.path.exists(path("c/figures/series-influenza.svg"))
    assert not any("influenza" in f and f.endswith(".csv") for f in os.listdir(path("c/figures")))
    assert "measles_hagelloch_1861.csv" in page and numbers["influenza.R0.likelihood"] > 1
    aic = {r["mechanism"].split("+")[0]: float(r["AIC"]) for r in rows("c/series-indomethacin-fits.csv")}
    assert aic["pk-two-bolus"] < aic["pk-one-bolus"]


def test_refusals():
    assert "--out is missing" in cli(status=2).stderr
    assert "there is no part “nothing”; there are posterior, r0" in cli("--out", path("d"), "--parts", "nothing", status=2).stderr
    assert "--rows" in cli("--out", path("d"), "--rows", "5", status=2).stderr
    assert "there is no such folder" in cli("--out", path("d"), "--data", path("nowhere"), status=1).stderr
    assert not os.path.exists(path("d"))
    with open(path("file"), "w") as f:
        f.write("x")
    assert "cannot write" in cli("--out", path("file"), status=1).stderr


TESTS = [test_report, test_again, test_failing, test_series, test_refusals]
print(f"1..{len(TESTS)}")
bad = 0
for number, test in enumerate(TESTS, 1):
    try:
        test()
        print(f"ok {number} {test.__name__}", flush=True)
    except Exception:
        bad += 1
        print(f"not ok {number} {test.__name__}", flush=True)
        for line in traceback.format_exc().splitlines():
            print("# " + line)
sys.exit(bad > 0)
