#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""understudy-cli attribute, as a script uses it: a linear Gaussian table, whose posterior is known."""
import csv
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile

CLI = sys.argv[1]
tests = []


def test(function):
    tests.append(function)
    return function


def write_npy(path, kind, rows, columns, values):
    header = "{'descr': '<%s', 'fortran_order': False, 'shape': (%d, %d), }" % (kind, rows, columns)
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack("<%d%s" % (rows * columns, "d" if kind == "f8" else "f"), *values))


def run(*args, status=0):
    done = subprocess.run([CLI, *args], capture_output=True, text=True)
    assert done.returncode == status, (args, done.returncode, done.stderr)
    return done


def bank(folder, rows, bad=()):
    """x = theta + noise of 0.3, two of each."""
    draw = random.Random(1)
    theta = [draw.gauss(0, 1) for _ in range(2 * rows)]
    x = [t + draw.gauss(0, 0.3) for t in theta]
    for row in bad:
        x[2 * row] = math.nan
    os.makedirs(folder, exist_ok=True)
    write_npy(os.path.join(folder, "theta.npy"), "f8", rows, 2, theta)
    write_npy(os.path.join(folder, "x.npy"), "f4", rows, 2, x)
    return theta


with tempfile.TemporaryDirectory() as folder:
    at = lambda name: os.path.join(folder, name)
    theta = bank(at("bank"), 3000)
    bank(at("gaps"), 3000, bad=(5, 17))
    with open(at("x.csv"), "w") as file:
        file.write("a,b\n0.5,-0.4\n")
    with open(at("far.csv"), "w") as file:
        file.write("a,b\n9,9\n")
    with open(at("three.csv"), "w") as file:
        file.write("a,b,c\n1,2,3\n")

    @test
    def trains():
        run("train", "posterior", "--bank", at("bank"), "--out", at("model.safetensors"), "--minutes", "0.25")

    @test
    def matched_rows_are_the_bank_s_and_lie_about_the_posterior():
        done = run("attribute", at("model.safetensors"), "--bank", at("bank"), "--data", at("x.csv"), "--top", "20",
                   "--out", at("m.csv"), "--figure", at("m.svg"), "--json")
        answer = json.loads(done.stdout)
        assert answer["level"] == "usual" and answer["rows"] == 3000 and answer["left_out"] == 0, answer
        for name, x in (("theta1", 0.5), ("theta2", -0.4)):
            mean = x / 1.09             # the exact one, of precision 1 + 1/0.09
            assert abs(answer["parameters"][name]["mean"] - mean) < 0.2, answer["parameters"]
            assert answer["parameters"][name]["lower"] < mean < answer["parameters"][name]["upper"]
        with open(at("m.csv")) as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 20 and list(rows[0])[:4] == ["rank", "row", "weight", "distance"]
        for row in rows:
            assert float(row["theta2"]) == theta[2 * int(row["row"]) + 1]
        weights = [float(row["weight"]) for row in rows]
        assert weights == sorted(weights, reverse=True)
        assert "<svg" in open(at("m.svg")).read(2000)

    @test
    def the_sentence_comes_before_any_estimate():
        done = run("attribute", at("model.safetensors"), "--bank", at("bank"), "--data", at("far.csv"), "--out", at("m.csv"))
        assert done.stdout.startswith("No simulation resembles these data"), done.stdout

    @test
    def bad_rows_are_left_out_and_told():
        done = run("attribute", at("model.safetensors"), "--bank", at("gaps"), "--data", at("x.csv"), "--out", at("m.csv"),
                   "--adjust", "--kernel", "gaussian")
        assert "2 rows of" in done.stdout and "first of them row 6" in done.stdout, done.stdout
        assert "adjusted by regression" in done.stdout

    @test
    def what_is_wrong_is_said():
        message = run("attribute", at("model.safetensors"), "--bank", at("bank"), "--data", at("three.csv"), "--out",
                      at("m.csv"), status=1).stderr
        assert "rows, or one column, of 2 numbers" in message, message
        message = run("attribute", at("model.safetensors"), "--data", at("x.csv"), "--out", at("m.csv"), status=1).stderr
        assert "choose the table of simulations" in message, message
        run("attribute", at("model.safetensors"), "--data", at("x.csv"), status=2)
        run("attribute", at("model.safetensors"), "--data", at("x.csv"), "--out", at("m.csv"), "--kernel", "box", status=2)
        run("attribute", at("missing.safetensors"), "--data", at("x.csv"), "--out", at("m.csv"), status=1)

    print("1..%d" % len(tests))
    failed = 0
    for number, function in enumerate(tests, 1):
        try:
            function()
            print("ok %d %s" % (number, function.__name__), flush=True)
        except Exception as error:
            failed += 1
            print("not ok %d %s\n# %r" % (number, function.__name__, error), flush=True)
sys.exit(failed > 0)
