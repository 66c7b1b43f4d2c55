#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives `understudy-cli train posterior`, `infer` and `refine` as scripts do.  TAP on stdout.

Usage: test-cli-posterior.py PATH/TO/understudy-cli
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


def series(name, shift=0.0, missing=()):
    """Position over time at the 16 times of linear-gaussian."""
    rows = [f"{2 * i / 15:.9f}," + ("" if i in missing else f"{1 + shift + 0.5 * i / 15 + 0.8 * math.sin(5 * i):.4f}") for i in range(16)]
    return write(name, "time,position\n" + "\n".join(rows) + "\n")


def infer(model, data):
    return json.loads(cli("infer", path(model), "--data", data, "--samples", 500, "--out", path("draws.csv"), "--json").stdout)


def a_posterior_is_refined_for_one_observation():
    one, other = series("one.csv"), series("other.csv", 0.5)
    cli("train", "posterior", "linear-gaussian", "--samples", 200, "--seed", 1, "--out", path("m.safetensors"))
    d = json.loads(cli("refine", path("m.safetensors"), "--data", one, "--rounds", 2, "--simulations", 150, "--out",
                       path("r.safetensors"), "--json").stdout)
    assert [r["round"] for r in d["rounds"]] == [1, 2]
    for r in d["rounds"]:
        assert 0 < r["acceptance"] <= 1 and r["distance"] > 0 and r["noise"] > 0 and r["rows"] >= 150
    assert infer("r.safetensors", one)["refined_for_this_observation"] is True
    assert "holds for no other" in cli("infer", path("r.safetensors"), "--data", one, "--out", path("draws.csv")).stdout
    assert infer("r.safetensors", other)["refined_for_this_observation"] is False
    assert "another observation" in cli("infer", path("r.safetensors"), "--data", other, "--out", path("draws.csv")).stderr
    assert "another observation" in cli("refine", path("r.safetensors"), "--x", other, "--out", path("q.safetensors"), status=1).stderr
    assert "refined_for_this_observation" not in infer("m.safetensors", one)
    assert "--data" in cli("refine", path("m.safetensors"), "--out", path("q.safetensors"), status=2).stderr
    assert "--rounds" in cli("refine", path("m.safetensors"), "--data", one, "--rounds", 0, "--out", path("q.safetensors"), status=2).stderr
    assert not os.path.exists(path("q.safetensors"))


def a_series_may_have_gaps_when_training_had():
    gaps = series("gaps.csv", 0.0, (3, 4, 11))
    cli("train", "posterior", "linear-gaussian", "--samples", 100, "--out", path("m.safetensors"))
    assert "--gaps" in cli("infer", path("m.safetensors"), "--data", gaps, "--out", path("draws.csv"), status=1).stderr
    cli("train", "posterior", "linear-gaussian", "--samples", 200, "--gaps", "0.2", "--out", path("g.safetensors"))
    assert 0 < infer("g.safetensors", gaps)["parameters"]["x0"]["sd"] < 1.2
    # a refined posterior takes the gaps of its own observation, and no others
    cli("refine", path("g.safetensors"), "--data", gaps, "--rounds", 1, "--simulations", 150, "--out", path("r.safetensors"))
    d = infer("r.safetensors", gaps)
    assert d["refined_for_this_observation"] is True and 0 < d["parameters"]["x0"]["sd"] < 1.2, d
    error = cli("infer", path("r.safetensors"), "--data", series("more.csv", 0.0, (3, 4, 7, 11)), "--out", path("draws.csv"), status=1).stderr
    assert "value 8 of the observation" in error, error
    # trained on series that end early: a gap within is none of these
    cli("train", "posterior", "linear-gaussian", "--samples", 100, "--cut", "0.5", "--out", path("e.safetensors"))
    assert infer("e.safetensors", series("short.csv", 0.0, (14, 15)))["parameters"]
    error = cli("infer", path("e.safetensors"), "--data", gaps, "--out", path("draws.csv"), status=1).stderr
    assert "--gaps" in error and "value 4 " in error, error
    assert "--gaps 2" in cli("train", "posterior", "linear-gaussian", "--gaps", "2", "--out", path("q.safetensors"), status=2).stderr
    # what the data lack is what training lacks, without being told
    write("two.csv", "year,prey,predators\n" + "\n".join(f"{i},{'' if i == 3 else 30 + i},{10 + i % 3}" for i in range(8)) + "\n")
    cli("train", "posterior", "lotka-volterra+normal", "--data", path("two.csv"), "--samples", 100, "--out", path("l.safetensors"))
    assert len(infer("l.safetensors", path("two.csv"))["parameters"]) == 8


def what_follows_from_the_parameters_is_told():
    cli("train", "posterior", "decay-one", "--samples", 200, "--out", path("d.safetensors"))
    write("decay.csv", "time,signal\n" + "\n".join(f"{0.25 * i},{2 * math.exp(-0.1 * i):.5f}" for i in range(41)) + "\n")
    d = infer("d.safetensors", path("decay.csv"))
    assert set(d["derived"]) == {"half_life", "area"} and 0.5 < d["derived"]["half_life"]["median"] < 5, d
    ratio = d["derived"]["half_life"]["median"] * d["parameters"]["k"]["median"] / math.log(2)
    assert abs(ratio - 1) < 0.02, ratio
    assert "what follows" in cli("infer", path("d.safetensors"), "--data", path("decay.csv"), "--out", path("draws.csv")).stdout
    cli("train", "posterior", "decay-one", "--samples", 200, "--target", "half_life", "--out", path("h.safetensors"))
    d = infer("h.safetensors", path("decay.csv"))
    assert list(d["parameters"]) == ["half_life"] and d["derived"] == {}
    error = cli("train", "posterior", "decay-one", "--target", "third_life", "--out", path("q.safetensors"), status=1).stderr
    assert "half_life" in error and "third_life" in error


def main():
    tests = [a_posterior_is_refined_for_one_observation, a_series_may_have_gaps_when_training_had,
             what_follows_from_the_parameters_is_told]
    failed = 0
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} {test.__name__}", flush=True)
        except Exception:
            failed += 1
            print("\n".join("# " + line for line in traceback.format_exc().splitlines()))
            print(f"not ok {number} {test.__name__}", flush=True)
    sys.exit(failed > 0)


main()
