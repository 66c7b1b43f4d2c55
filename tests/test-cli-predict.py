#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecasts, choices between mechanisms and hidden quantities from the terminal.  TAP on stdout.

Usage: test-cli-predict.py PATH/TO/understudy-cli
"""
import csv
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import traceback

CLI = sys.argv[1]
TMP = tempfile.TemporaryDirectory()
TIMES = "@0,2,4,6,8,10,12,14,16"
LITTLE = ["--samples", "3000", "--epochs", "6", "--seed", "4", "--jobs", "2"]


def path(name):
    return os.path.join(TMP.name, name)


def cli(*args, status=0, timeout=1200):       # against a hang: sanitizers are slow
    done = subprocess.run([CLI, *map(str, args)], capture_output=True, text=True, timeout=timeout)
    assert done.returncode == status, f"{args}: status {done.returncode}, wanted {status}\n{done.stdout}\n{done.stderr}"
    return done


def size(t, start=12.0, rate=0.5, capacity=600.0):
    return capacity / (1 + (capacity / start - 1) * math.exp(-rate * t))


def data(name, times, noise=5.0, **more):
    """A logistic curve with noise, as somebody would have saved it."""
    chance = random.Random(3)
    with open(path(name), "w", encoding="utf-8") as f:
        f.write("time,size\n")
        for t in times:
            cell = more.get("cells", {}).get(t, f"{size(t) + chance.gauss(0, noise):.3f}")
            f.write(f"{t},{cell}\n")
    return path(name)


def table(name):
    with open(path(name), encoding="utf-8") as f:
        return list(csv.DictReader(f))


def a_choice_is_made():
    sims = ["growth-exponential" + TIMES + "+normal", "growth-logistic" + TIMES + "+normal"]
    r = json.loads(cli("train", "selection", *sims, "--out", path("choice.safetensors"), "--json", *LITTLE).stdout)
    assert r["task"] == "selection" and 0 < r["error_rate"] < 0.4 and 0.05 < r["temperature"] < 20, r
    # the same bits for another number of workers
    cli("train", "selection", *sims, "--out", path("again.safetensors"), *LITTLE[:-1], "1")
    a = json.loads(cli("infer", path("choice.safetensors"), "--data", data("s.csv", range(0, 18, 2)), "--out", path("p.csv"),
                       "--json").stdout)
    b = json.loads(cli("infer", path("again.safetensors"), "--data", path("s.csv"), "--out", path("p2.csv"), "--json").stdout)
    assert a == b
    p = a["probabilities"]
    assert list(p) == sims and abs(sum(p.values()) - 1) < 1e-9 and p[sims[1]] > 0.9, p
    rows = table("p.csv")
    assert [r["simulator"] for r in rows] == sims
    assert all(abs(float(r["probability"]) - p[r["simulator"]]) < 1e-12 for r in rows)
    assert "probability" in cli("infer", path("choice.safetensors"), "--data", path("s.csv"), "--out", path("p.csv")).stdout
    # stated odds weigh
    cli("train", "selection", *sims, "--odds", "1:9", "--out", path("odds.safetensors"), *LITTLE)
    q = json.loads(cli("infer", path("odds.safetensors"), "--data", path("s.csv"), "--out", path("p.csv"), "--json").stdout)
    q = q["probabilities"]
    want = 9 * p[sims[1]] / (9 * p[sims[1]] + p[sims[0]])
    assert abs(q[sims[1]] - want) < 1e-9, (q, want)


def a_future_is_told():
    sim = "growth-logistic" + TIMES + "+normal"
    r = json.loads(cli("train", "forecast", sim, "--horizon", "6", "--out", path("f.safetensors"), "--json", *LITTLE).stdout)
    assert r["task"] == "forecast" and 0.85 < r["coverage"] < 1, r
    r = json.loads(cli("infer", path("f.safetensors"), "--data", data("s.csv", range(0, 18, 2)), "--out", path("f.csv"),
                       "--json").stdout)
    assert [round(a["at"], 9) for a in r["answers"]] == [18, 20, 22]
    for a, row in zip(r["answers"], table("f.csv")):
        assert a["quantiles"] == sorted(a["quantiles"]) and len(a["quantiles"]) == len(r["levels"]) == 7
        assert a["quantiles"][0] < size(a["at"]) < a["quantiles"][-1], a
        assert row["name"] == "size" and float(row["q0.5"]) == a["quantiles"][3]
    # of two mechanisms, with a series that may be short and have gaps
    cli("train", "forecast", sim, "growth-gompertz" + TIMES + "+normal", "--horizon", "2", "--gaps", "0.2", "--cut", "0.4",
        "--network", "recurrent", "--out", path("two.safetensors"), *LITTLE)
    done = cli("infer", path("two.safetensors"), "--data", data("short.csv", [0, 2, 6, 8, 10]), "--out", path("f.csv"))
    assert "97.5 %" in done.stdout
    # the whole series is wanted where training had no gaps
    done = cli("infer", path("f.safetensors"), "--data", path("short.csv"), "--out", path("f.csv"), status=1)
    assert "trained without gaps" in done.stderr and "Point 3" in done.stderr, done.stderr


def what_nobody_measures():
    sim = "growth-logistic" + TIMES + "+normal"
    cli("train", "quantities", sim, "--hidden", "rate", "--out", path("q.safetensors"), *LITTLE)
    r = json.loads(cli("infer", path("q.safetensors"), "--data", data("s.csv", range(0, 18, 2)), "--out", path("q.csv"),
                       "--json").stdout)
    told = {(a["name"], a["at"]): a["quantiles"] for a in r["answers"]}
    assert told["K", None][0] < 600 < told["K", None][-1], told["K", None]
    assert told["doubling_time", None][0] < math.log(2) / 0.5 < told["doubling_time", None][-1]
    assert told["rate", 8][0] < 0.5 * size(8) * (1 - size(8) / 600) < told["rate", 8][-1]
    cli("train", "quantities", sim, "--head", "mean", "--out", path("m.safetensors"), *LITTLE)
    r = json.loads(cli("infer", path("m.safetensors"), "--data", path("s.csv"), "--out", path("q.csv"), "--json").stdout)
    mean = {a["name"]: a["mean"] for a in r["answers"]}
    assert 400 < mean["K"] < 800 and abs(mean["log10_doubling_time"] - math.log10(math.log(2) / 0.5)) < 0.3, mean


def what_cannot_be_is_refused():
    sim = "growth-logistic" + TIMES
    for args, says in [
        (("forecast", sim, "--out", path("x")), "--horizon is missing"),
        (("forecast", "--horizon", "2", "--out", path("x")), "train forecast takes"),
        (("forecast", sim, "--horizon", "2"), "--out is missing"),
        (("forecast", sim, "--horizon", "soon", "--out", path("x")), "expected a number"),
        (("selection", sim, "--out", path("x")), "got 1 simulators"),
        (("selection", sim, sim, "--odds", "1", "--out", path("x")), "2 numbers"),
        (("selection", sim, sim, "--odds", "1:-1", "--out", path("x")), "expected a number"),
        (("selection", sim, sim, "--gaps", "0.9", "--out", path("x")), "--gaps 0.9"),
        (("selection", sim, sim, "--network", "deep", "--out", path("x")), "deep-set"),
        (("quantities", sim, "--head", "classes", "--out", path("x")), "mean or quantiles"),
        (("quantities", sim, sim, "--out", path("x")), "train quantities takes"),
    ]:
        assert says in cli("train", *args, status=2).stderr, (args, says)
    for args, says in [
        (("selection", sim, "growth-gompertz@0,1", "--out", path("x")), "same points"),
        (("forecast", "box", "--horizon", "1", "--out", path("x")), "picture"),
        (("forecast", "no-such-thing", "--horizon", "1", "--out", path("x")), "no-such-thing"),
    ]:
        assert says in cli("train", *args, status=1).stderr, (args, says)
    assert not os.path.exists(path("x"))


def data_that_cannot_be_is_refused():
    if not os.path.exists(path("f.safetensors")):
        a_future_is_told()
    model = path("f.safetensors")
    good = list(range(0, 18, 2))
    for name, times, cells, says in [
        ("text.csv", good, {8: "many"}, "line 6"),
        ("order.csv", [0, 2, 6, 4, 8], {}, "line 5"),
        ("elsewhere.csv", [0, 2, 4, 5], {}, "5"),
    ]:
        done = cli("infer", model, "--data", data(name, times, cells=cells), "--out", path("y.csv"), status=1)
        assert says in done.stderr and name in done.stderr, (name, done.stderr)
    done = cli("infer", model, "--data", path("nowhere.csv"), "--out", path("y.csv"), status=1)
    assert "nowhere.csv" in done.stderr
    assert "SimVAE" in cli("infer", model, "--data", data("s.csv", good), "--refine", "--out", path("y.csv"), status=2).stderr
    assert not os.path.exists(path("y.csv"))


TESTS = [a_choice_is_made, a_future_is_told, what_nobody_measures, what_cannot_be_is_refused, data_that_cannot_be_is_refused]


def main():
    print(f"1..{len(TESTS)}")
    failed = 0
    for i, test in enumerate(TESTS, 1):
        try:
            test()
            print(f"ok {i} {test.__name__}", flush=True)
        except Exception:
            failed += 1
            for line in traceback.format_exc().splitlines():
                print("# " + line)
            print(f"not ok {i} {test.__name__}", flush=True)
    return failed > 0


sys.exit(main())
