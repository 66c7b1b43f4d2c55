#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives `understudy-cli fit`, and `evaluate` of posteriors and selections, as scripts do.  TAP on stdout.

Usage: test-cli-fit.py PATH/TO/understudy-cli
"""
import json
import math
import os
import subprocess
import sys
import tempfile
import traceback

CLI = sys.argv[1]
TMP = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(TMP.name, name)


def cli(*args, status=0):
    done = subprocess.run([CLI, *map(str, args)], capture_output=True, text=True, timeout=1200)
    assert done.returncode == status, f"{args}: status {done.returncode}, wanted {status}\n{done.stdout}\n{done.stderr}"
    return done


def write(name, text):
    with open(path(name), "w", encoding="utf-8") as f:
        f.write(text)
    return path(name)


def logistic(t, n0=5.0, r=0.6, k=200.0):
    return k / (1 + (k / n0 - 1) * math.exp(-r * t))


def growth():
    """A logistic curve and one that is none, with small errors that look like no curve."""
    rows = [f"{t},{logistic(t) + 2 * math.sin(7.3 * t + 1):.6g},{3 * t + 1},{t % 2}" for t in range(20)]
    return write("growth.csv", "hour,size,other,odd\n" + "\n".join(rows) + "\n")


def close(a, b, share):
    assert abs(a - b) <= share * abs(b), (a, b)


def the_right_mechanism_has_the_weight():
    d = json.loads(cli("fit", "growth-exponential", "growth-logistic", "growth-gompertz", "--data", growth(), "--column",
                       "size", "--evidence", "--json").stdout)
    fits = {f["name"]: f for f in d["fits"]}
    best = fits["growth-logistic"]
    assert best["weight_aic"] > 0.99 and best["weight_bic"] > 0.99 and best["evidence"]["probability"] > 0.99
    close(best["parameters"]["K"]["value"], 200, 0.02)
    close(best["parameters"]["r"]["value"], 0.6, 0.02)
    assert abs(best["parameters"]["K"]["value"] - 200) < 4 * best["parameters"]["K"]["standard_error"]
    for f in d["fits"]:
        n, k = 20, f["n_fitted"]
        close(f["aic"], 2 * k - 2 * f["log_likelihood"], 1e-9)
        close(f["aicc"], f["aic"] + 2 * k * (k + 1) / (n - k - 1), 1e-9)
        close(f["bic"], k * math.log(n) - 2 * f["log_likelihood"], 1e-9)
        assert len(f["expected"]) == 20
    close(sum(f["weight_aic"] for f in d["fits"]), 1, 1e-9)
    # normal errors inside of the simulator and outside of it: the same fit
    outside = json.loads(cli("fit", "growth-logistic", "--data", growth(), "--column", "size", "--noise", "none",
                             "--json").stdout)["fits"][0]
    close(outside["aic"], best["aic"], 1e-5)
    assert outside["evidence"]["log"] is None


def rows_are_chosen_and_the_table_is_readable():
    out = cli("fit", "growth-logistic", "--data", growth(), "--column", "size", "--where", "odd=1").stdout
    assert "10 of 20 rows" in out and "w(AIC)" in out and "growth-logistic" in out and "±" in out
    d = json.loads(cli("fit", "growth-logistic", "--data", growth(), "--column", "size", "--where", "odd=1", "--json").stdout)
    assert len(d["times"]) == 10 and d["remarks"]


def a_prior_holds_the_fit():
    d = json.loads(cli("fit", "growth-logistic", "--data", growth(), "--column", "size", "--prior", "K=uniform:10:150",
                       "--json").stdout)
    k = d["fits"][0]["parameters"]["K"]
    close(k["value"], 150, 1e-3)
    assert k["at_bound"] and k["standard_error"] is None
    # of several mechanisms it is for those that have it; a name that none has is a mistake
    cli("fit", "growth-exponential", "growth-logistic", "--data", growth(), "--column", "size", "--prior", "K=uniform:10:150")
    assert "none of the simulators" in cli("fit", "growth-logistic", "--data", growth(), "--column", "size", "--prior",
                                           "Kx=uniform:10:150", status=2).stderr


def one_that_cannot_be_fitted_does_not_stop_the_others():
    d = json.loads(cli("fit", "fourier", "growth-logistic", "--data", growth(), "--column", "size", "--json").stdout)
    assert d["fits"][0]["failed"] and not d["fits"][1]["failed"]
    close(d["fits"][1]["weight_aic"], 1, 1e-9)
    assert "not fitted" in cli("fit", "fourier", "growth-logistic", "--data", growth(), "--column", "size").stdout


def a_figure_is_written():
    cli("fit", "growth-logistic", "growth-gompertz", "--data", growth(), "--column", "size", "--figure", path("f.svg"))
    with open(path("f.svg"), encoding="utf-8") as f:
        assert f.read(500).lstrip().startswith("<?xml")


def misuse_and_bad_tables_are_told():
    assert "--data" in cli("fit", "growth-logistic", status=2).stderr
    assert "which mechanisms" in cli("fit", "--data", growth(), status=2).stderr
    assert "Choose columns" in cli("fit", "growth-logistic", "--data", growth(), status=1).stderr
    assert "no simulator" in cli("fit", "nothing", "--data", growth(), "--column", "size", status=1).stderr
    bad = write("bad.csv", "hour,size\n0,1\n1,2\n1,3\n")
    assert "line 4" in cli("fit", "growth-logistic", "--data", bad, status=1).stderr


GROWTH = ["growth-logistic@0,3,6,9,12+normal", "growth-exponential@0,3,6,9,12+normal"]


def a_selection_is_evaluated_beside_the_fits():
    cli("train", "selection", *GROWTH, "--samples", 300, "--epochs", 2, "--seed", 1, "--out", path("s.safetensors"))
    out = cli("evaluate", path("s.safetensors"), "--pairs", 100, "--fits", 4, "--out", path("s")).stdout
    assert "evidence" in out and "McNemar" in out
    with open(path("s/metrics.json"), encoding="utf-8") as f:
        d = json.load(f)
    assert d["kind"] == "selection" and d["fitted"] == 4 and 0 <= d["bayes_error"] <= 0.5
    assert {"network", "aic", "aicc", "bic", "evidence"} <= d.keys()
    assert os.path.exists(path("s/confusion-aic.svg")) and os.path.exists(path("s/reliability.svg"))


def a_posterior_is_evaluated():
    cli("train", "posterior", GROWTH[0], "--samples", 200, "--minutes", "0.03", "--seed", 1, "--out", path("p.safetensors"))
    out = cli("evaluate", path("p.safetensors"), "--pairs", 100, "--out", path("p")).stdout
    assert "all together" in out and "doubling_time" in out
    d = json.loads(cli("evaluate", path("p.safetensors"), "--pairs", 100, "--out", path("p"), "--json").stdout)
    assert d["kind"] == "posterior" and d["simulations"] == 100 and d["parameters"]["r"]["log10"]
    assert 0 <= d["parameters"]["K"]["coverage_90"] <= 1 and isinstance(d["together"]["faults"], list)
    for name in ("recovery.csv", "calibration.svg", "coverage.svg", "ranks-K.svg", "recovery-K.svg", "predictive-1.svg"):
        assert os.path.exists(path(os.path.join("p", name))), name


TESTS = [the_right_mechanism_has_the_weight, rows_are_chosen_and_the_table_is_readable, a_prior_holds_the_fit,
         one_that_cannot_be_fitted_does_not_stop_the_others, a_figure_is_written, misuse_and_bad_tables_are_told,
         a_selection_is_evaluated_beside_the_fits, a_posterior_is_evaluated]

print(f"1..{len(TESTS)}")
failed = 0
for number, test in enumerate(TESTS, 1):
    try:
        test()
        print(f"ok {number} {test.__name__}")
    except Exception:
        failed += 1
        for line in traceback.format_exc().splitlines():
            print(f"# {line}")
        print(f"not ok {number} {test.__name__}")
    sys.stdout.flush()
sys.exit(failed > 0)
