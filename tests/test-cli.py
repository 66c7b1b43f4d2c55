#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives understudy-cli as scripts do: exit statuses, JSON, files, resuming.  TAP on stdout.

Usage: test-cli.py PATH/TO/understudy-cli [NAME OF A TEST]...
"""
import csv
import json
import math
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile

CLI = sys.argv[1]
TMP = tempfile.TemporaryDirectory()
QUICK = ["--preset", "quick", "--samples", "768", "--seed", "5"]


def path(name):
    return os.path.join(TMP.name, name)


def cli(*args, status=0, timeout=1200):       # against a hang: sanitizers are slow
    done = subprocess.run([CLI, *map(str, args)], capture_output=True, text=True, timeout=timeout)
    assert done.returncode == status, f"{args}: status {done.returncode}, wanted {status}\n{done.stdout}\n{done.stderr}"
    return done


def read(name):
    with open(path(name), "rb") as f:
        return f.read()


def model():
    """A little trained model, made once."""
    if not os.path.exists(path("model.safetensors")):
        cli("train", "simvae", "fourier", "--out", path("model.safetensors"), *QUICK)
    return path("model.safetensors")


def shipped(name):
    """A model that comes with the program."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "models", name + ".safetensors")


def simulators_are_listed():
    known = json.loads(cli("simulators", "--json").stdout)["simulators"]
    ids = [s["id"] for s in known]
    assert ids[:5] == ["fourier", "box", "polygon", "dsprites", "rlc"], ids
    assert "Fourier" in cli("simulators").stdout


def describe_gives_names_units_priors():
    d = json.loads(cli("describe", "fourier", "--json").stdout)
    assert [p["name"] for p in d["parameters"]] == ["c0"] + [f"a{k}" for k in range(1, 6)] + [f"b{k}" for k in range(1, 6)]
    assert d["outputs"][0]["shape"] == [64, 64, 1]
    for p in d["parameters"]:
        kind, low, high = p["prior"].split(":")
        assert kind == "uniform" and p["lower"] <= float(low) < float(high) <= p["upper"]
    d = json.loads(cli("describe", "rlc", "--json").stdout)
    assert d["outputs"][0]["shape"] == [128, 2]
    assert [(c["id"], c["unit"]) for c in d["outputs"][0]["channels"]] == [("gain", "dB"), ("phase", "rad")]
    assert [(q["name"], q["unit"]) for q in d["derived"]] == [("f0", "Hz"), ("Q", "")] and "R/s" in d["symmetry"]
    assert "Resonance frequency, Hz" in cli("describe", "rlc").stdout
    assert json.loads(cli("describe", "box", "--json").stdout)["symmetry"] == ""


def every_simulator_fills_a_bank():
    for s in json.loads(cli("simulators", "--json").stdout)["simulators"]:
        shape = json.loads(cli("describe", s["id"], "--json").stdout)["outputs"][0]["shape"]
        cli("simulate", s["id"], "--count", "20", "--seed", "3", "--out", path("every-" + s["id"]))
        raw = read(f"every-{s['id']}/x.npy")
        values = 20
        for n in shape:
            values *= n
        assert len(raw) == 10 + struct.unpack("<H", raw[8:10])[0] + 4 * values, s["id"]


def channels_are_drawn_and_named():
    cli("train", "simvae", "rlc", "--out", path("rlc.safetensors"), "--preset", "quick", "--samples", "256", "--seed", "5")
    cli("decode", path("rlc.safetensors"), "--set", "R=100", "--out", path("rlc.csv"))
    assert read("rlc.csv").split(b"\n")[0] == b"gain,phase"
    cli("decode", path("rlc.safetensors"), "--out", path("rlc.svg"))
    svg = read("rlc.svg")
    assert svg.count(b"<svg") == 1 and len(svg) > 10000


def misuse_is_2_and_failure_is_1():
    cli(status=2)
    cli("dance", status=2)
    assert "--out" in cli("simulate", "fourier", "--count", "5", status=2).stderr
    assert "--count" in cli("simulate", "fourier", "--count", "-5", "--out", path("x.npz"), status=2).stderr
    cli("describe", status=2)
    assert "fourier" in cli("describe", "furrier", status=1).stderr          # names the known ones
    assert "nothing.safetensors" in cli("decode", path("nothing.safetensors"), "--out", path("x.png"), status=1).stderr
    cli("train", "simvae", "fourier", "--out", path("x.safetensors"), "--minutes", "soon", status=2)
    cli("train", "simvae", "fourier", "--out", path("x.safetensors"), "--minutes", "1", "--samples", "5", status=2)
    cli("train", "forecast", status=2)
    assert "paper" in cli("train", "simvae", "fourier", "--out", path("x.safetensors"), "--preset", "worst", status=1).stderr


def simulate_gives_the_same_bytes_for_any_number_of_jobs():
    cli("simulate", "fourier", "--count", "300", "--seed", "7", "--jobs", "1", "--out", path("one.npz"))
    cli("simulate", "fourier", "--count", "300", "--seed", "7", "--jobs", "3", "--out", path("three.npz"))
    assert read("one.npz") == read("three.npz")
    cli("simulate", "fourier", "--count", "300", "--seed", "8", "--out", path("other.npz"))
    assert read("one.npz") != read("other.npz")


def prior_option_holds():
    cli("simulate", "fourier", "--count", "50", "--seed", "1", "--prior", "a1=uniform:0.1:0.2", "--out", path("bank"))
    raw = read("bank/theta.npy")
    header = 10 + struct.unpack("<H", raw[8:10])[0]
    theta = struct.unpack(f"<{50 * 11}d", raw[header:])
    a1 = theta[1::11]
    assert all(0.1 <= v <= 0.2 for v in a1) and max(a1) - min(a1) > 0.05
    assert cli("simulate", "fourier", "--count", "5", "--prior", "q=uniform:0:1", "--out", path("y.npz"), status=1).stderr
    assert cli("simulate", "fourier", "--count", "5", "--prior", "a1=uniform:2:1", "--out", path("y.npz"), status=1).stderr
    assert not os.path.exists(path("y.npz"))


def an_epidemic_is_simulated_as_it_would_be_reported():
    told = json.loads(cli("describe", "sir+reporting+negative-binomial", "--json").stdout)
    assert [p["name"] for p in told["parameters"]][-3:] == ["population", "reporting", "dispersion"]
    assert told["outputs"][0]["id"] == "incidence" and told["outputs"][-1]["id"] == "true_incidence"
    cli("simulate", "sir+reporting+negative-binomial", "--count", "1000", "--seed", "3", "--out", path("sir"))
    bank = json.loads(read("sir/bank.json").decode())
    assert bank["simulator"] == "sir+reporting+negative-binomial", bank
    assert b"(1000, 100" in read("sir/x.npy")[:128] and b"(1000, 7)" in read("sir/theta.npy")[:128]
    # by chance, at times of one's own, whoever makes the rows
    measured = "seir-chain:prevalence@0,1,2.5,40+delay+poisson"
    for jobs in ("1", "3"):
        cli("simulate", measured, "--count", "300", "--seed", "5", "--jobs", jobs, "--prior", "population=fixed:500",
            "--out", path(f"seir{jobs}.npz"))
    assert read("seir1.npz") == read("seir3.npz")
    assert "twice" in cli("describe", "sir+poisson+poisson", status=1).stderr
    assert "come first" in cli("describe", "sir+poisson+reporting", status=1).stderr
    assert "negative-binomial" in cli("describe", "sir+gauss", status=1).stderr


def training_twice_gives_the_same_model():
    cli("train", "simvae", "fourier", "--out", path("again.safetensors"), *QUICK, "--jobs", "1")
    with open(model(), "rb") as a, open(path("again.safetensors"), "rb") as b:
        assert tensors(a.read()) == tensors(b.read())


def tensors(raw):
    """The bytes after the header: weights without dates and commands."""
    return raw[8 + struct.unpack("<Q", raw[:8])[0]:]


def killed_and_resumed_training_ends_at_the_same_bits():
    args = ["train", "simvae", "fourier", "--out", path("killed.safetensors"), "--preset", "quick", "--samples", "6400", "--seed", "5"]
    cli("train", "simvae", "fourier", "--out", path("whole.safetensors"), "--preset", "quick", "--samples", "6400", "--seed", "5")
    checkpoint = path("killed.safetensors.checkpoint")
    kills = 0
    for attempt in range(40):
        process = subprocess.Popen([CLI, *args, "--resume", "--checkpoint-seconds", "0.1"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        # Killed once there is a newer checkpoint than it began with, at most five times.
        before = stamp(checkpoint)
        while process.poll() is None and (kills >= 5 or stamp(checkpoint) == before):
            time.sleep(0.01)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
    assert process.returncode == 0, process.returncode
    assert kills > 0, "trained too fast to be killed"
    assert tensors(read("whole.safetensors")) == tensors(read("killed.safetensors"))


def stamp(name):
    """When a file was written last; None when it is not there."""
    try:
        return os.stat(name).st_mtime_ns
    except FileNotFoundError:
        return None


def interrupted_training_keeps_a_model():
    process = subprocess.Popen([CLI, "train", "simvae", "fourier", "--out", path("stopped.safetensors"), "--preset", "quick",
                                "--minutes", "3"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    cli("decode", path("stopped.safetensors"), "--out", path("s.npy"))


def decode_writes_each_kind():
    for ext, magic in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("npy", b"\x93NUMPY"), ("csv", b"c0,")):
        d = json.loads(cli("decode", model(), "--set", "a1=0.2", "--set", "b3=-0.1", "--out", path("d." + ext), "--json").stdout)
        assert read("d." + ext).startswith(magic), (ext, read("d." + ext)[:20])
        assert d["parameters"]["a1"] == 0.2 and d["parameters"]["c0"] == 0 and d["rms_decoder_simulator"] > 0
    cli("decode", model(), "--set", "a1=0.2", "--out", path("d.bmp"), status=2)
    assert "a1" in cli("decode", model(), "--set", "a1=99", "--out", path("d.png"), status=2).stderr
    cli("decode", model(), "--set", "nope=1", "--out", path("d.png"), status=2)


def infer_writes_samples_inside_the_prior():
    with open(path("curve.csv"), "w") as f:
        f.write("x,y\n" + "".join(f"{i / 40:.3f},{0.2 * (i % 7) / 7:.3f}\n" for i in range(41)))
    d = json.loads(cli("infer", model(), "--data", path("curve.csv"), "--samples", "200", "--seed", "3", "--out", path("s.csv"),
                       "--figure", path("s.png"), "--json").stdout)
    assert set(d["parameters"]) == {"c0"} | {f"{l}{k}" for l in "ab" for k in range(1, 6)}
    rows = list(csv.DictReader(open(path("s.csv"))))
    assert len(rows) == 200 and set(rows[0]) == set(d["parameters"])
    for name, p in d["parameters"].items():
        assert p["lower"] <= p["mean"] <= p["upper"]
        assert all(-0.5 <= float(r[name]) <= 0.5 for r in rows)
    assert read("s.png").startswith(b"\x89PNG")
    before = read("s.csv")
    cli("infer", model(), "--data", path("curve.csv"), "--samples", "200", "--seed", "3", "--out", path("s.csv"))
    assert read("s.csv") == before


def infer_scales_a_drawing_into_the_prior_as_the_page_does():
    with open(path("tall.csv"), "w") as f:
        f.write("x,y\n" + "".join(f"{(i + .5) / 80},{.42 * math.sin(2 * math.pi * (i + .5) / 80)}\n" for i in range(80)))
    infer = ["infer", shipped("fourier"), "--data", path("tall.csv"), "--samples", "50", "--out", path("s.csv")]
    d = json.loads(cli(*infer, "--json").stdout)
    # beyond the prior, which ends at 0.25
    assert abs(d["parameters"]["b1"]["mean"] - 0.42) < 0.04, d["parameters"]["b1"]
    assert 0.4 < d["scaled"]["height"] < 0.7
    assert all(float(r["b1"]) > 0.35 for r in csv.DictReader(open(path("s.csv"))))
    words = cli(*infer).stdout
    assert "% of its height, because its b1 is about 0.4" in words and "drawn as by an unsteady hand" in words, words
    d = json.loads(cli(*infer, "--as-it-stands", "--json").stdout)
    assert d["parameters"]["b1"]["mean"] <= 0.2501 and d["scaled"] is None
    assert "Read as it stands, though the prior does not hold it: b1" in cli(*infer, "--as-it-stands").stdout


def infer_gives_what_can_be_told_and_the_answers_that_are_as_good():
    with open(path("bode.csv"), "w") as f:
        f.write("f (Hz),gain (dB),phase (rad)\n")
        for i in range(200):
            hz = 50 * 1e5 ** (i / 199)
            x = 3 * (hz / 5000 - 5000 / hz)
            f.write(f"{hz},{-10 * math.log10(1 + x * x)},{-math.atan(x)}\n")
    infer = ["infer", shipped("rlc"), "--data", path("bode.csv"), "--out", path("s.csv"), "--table", path("t.csv")]
    d = json.loads(cli(*infer, "--json").stdout)
    for name, truth in ("f0", 5000), ("Q", 3):
        derived = d["derived"][name]
        assert abs(derived["mean"] / truth - 1) < 0.02, (name, derived)
        assert derived["lower"] < derived["mean"] < derived["upper"] < 1.1 * derived["lower"], (name, derived)
    others = d["equivalents"]
    assert len(others) == 7 and not d["equivalents_are_all"]
    for other in others:
        theta = other["parameters"]
        f0 = 1 / (2 * math.pi * math.sqrt(theta["L"] * 1e-3 * theta["C"] * 1e-9))
        assert abs(f0 / d["derived"]["f0"]["mean"] - 1) < 1e-9
        assert other["rms_simulator"] == others[0]["rms_simulator"] or max(
            abs(a - b) for a, b in zip(other["rms_simulator"], others[0]["rms_simulator"])) < 1e-4
    assert others[-1]["parameters"]["R"] > 30 * others[0]["parameters"]["R"]
    rows = {r["quantity"]: r for r in csv.DictReader(open(path("t.csv")))}
    assert set(rows) == {"R", "L", "C", "f0", "Q", "rms_gain", "rms_phase"}
    assert float(rows["f0"]["lower"]) == d["derived"]["f0"]["lower"] and rows["f0"]["unit"] == "Hz"
    assert float(rows["C"]["other_4"]) == others[3]["parameters"]["C"]
    # the simulator's own last word: this circuit, closely
    assert d["refined"] is None
    refined = json.loads(cli(*infer, "--json", "--refine").stdout)["refined"]
    theta = refined["parameters"]
    f0 = 1 / (2 * math.pi * math.sqrt(theta["L"] * 1e-3 * theta["C"] * 1e-9))
    q = math.sqrt(theta["L"] * 1e-3 / (theta["C"] * 1e-9)) / theta["R"]
    assert abs(f0 / 5000 - 1) < 0.002 and abs(q / 3 - 1) < 0.01, (f0, q)
    assert refined["rms_simulator"] <= d["rms_simulator"] and refined["simulator_runs"] > 0
    words = cli(*infer).stdout
    assert "Refined" not in words and "Refined in the simulator" in cli(*infer, "--refine").stdout
    assert "Countless other answers are as good" in words and "only f₀ and Q can be told" in words
    assert cli("infer", shipped("rlc"), "--data", path("bode.csv"), "--out", path("s.csv"), "--table",
               path("no/such/t.csv"), status=1).stderr


def bad_data_is_told_with_its_place():
    with open(path("bad.csv"), "w") as f:
        f.write("x,y\n0.1,0.2\n0.2,zero\n")
    err = cli("infer", model(), "--data", path("bad.csv"), "--out", path("n.csv"), status=1).stderr
    assert "bad.csv" in err and "3" in err and "zero" in err, err
    with open(path("bad.png"), "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    assert "bad.png" in cli("infer", model(), "--data", path("bad.png"), "--out", path("n.csv"), status=1).stderr
    whole = open(model(), "rb").read()
    for n in (0, 7, 8, 100, len(whole) // 2, len(whole) - 1):
        with open(path("cut.safetensors"), "wb") as f:
            f.write(whole[:n])
        assert "cut.safetensors" in cli("decode", path("cut.safetensors"), "--out", path("n.png"), status=1).stderr
    assert not os.path.exists(path("n.csv")) and not os.path.exists(path("n.png"))


def evaluate_writes_metrics_and_pairs():
    cli("evaluate", model(), "--pairs", "400", "--out", path("ev"))
    m = json.loads(read("ev/metrics.json"))
    assert 0 <= m["mig"] <= 1 and m["mig_truth"] > 0.8, m
    rows = list(csv.DictReader(open(path("ev/pairs.csv"))))
    assert len(rows) == 400
    v = [float(r["v_a1"]) for r in rows]
    z = [float(r["z_a1"]) for r in rows]
    rmse = (sum((a - b) ** 2 for a, b in zip(v, z)) / len(v)) ** 0.5
    assert abs(rmse - m["rmse"][m["parameters"].index("a1")]) < 1e-6 * (1 + rmse), (rmse, m)
    # refined in the simulator: the same draws, never farther from the data
    cli("evaluate", model(), "--pairs", "100", "--out", path("ev-plain"))
    cli("evaluate", model(), "--pairs", "100", "--refine", "--out", path("ev-refined"))
    plain, refined = json.loads(read("ev-plain/metrics.json")), json.loads(read("ev-refined/metrics.json"))
    assert refined["rms_simulator"] < 0.9 * plain["rms_simulator"], (plain, refined)


def a_set_of_pictures_is_a_simulator():
    def npy(kind, shape, data):
        head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data

    def write(name, levels, dot):
        points = [(a, b) for a in range(3) for b in levels]
        with zipfile.ZipFile(path(name), "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("metadata.npy", npy("|O", (), b"cos\nsystem\n(S'exit 3'\ntR."))
            z.writestr("imgs.npy", npy("|u1", (len(points), 64, 64), b"".join(
                bytes(dot if 8 * a <= j < 30 + 4 * a and i < 10 * b else 0 for i in range(64) for j in range(64))
                for a, b in points)))
            z.writestr("latents_values.npy", npy("<f8", (len(points), 2), b"".join(struct.pack("<dd", *p) for p in points)))

    os.environ["XDG_CACHE_HOME"] = path("cache")
    write("bars.npz", [1.0, 2.0, 5.0], 1)
    sim = "dataset:" + path("bars.npz")
    d = json.loads(cli("describe", sim, "--json").stdout)
    assert d["id"] == sim and d["outputs"][0]["shape"] == [64, 64, 1], d
    assert [(p["name"], p["lower"], p["upper"]) for p in d["parameters"]] == [("factor1", 0, 2), ("factor2", 1, 5)], d
    cli("simulate", sim, "--count", "20", "--out", path("bars-bank"))
    cli("train", "simvae", sim, "--out", path("bars.safetensors"), "--preset", "quick", "--samples", "256", "--seed", "5")
    cli("decode", path("bars.safetensors"), "--set", "factor2=5", "--out", path("bars.png"))
    cli("evaluate", path("bars.safetensors"), "--pairs", "100", "--out", path("bars-ev"))
    assert json.loads(read("bars-ev/metrics.json"))["simulator"] == sim

    # Moved: a message that says what to do, and doing it helps.  Another set is not taken for it.
    os.mkdir(path("elsewhere"))
    os.rename(path("bars.npz"), path("elsewhere/new.npz"))
    lost = cli("decode", path("bars.safetensors"), "--out", path("bars.png"), status=1).stderr
    assert path("bars.npz") in lost and "UNDERSTUDY_DATASETS" in lost, lost
    os.environ["UNDERSTUDY_DATASETS"] = path("elsewhere/new.npz")
    cli("decode", path("bars.safetensors"), "--out", path("bars.png"))
    del os.environ["UNDERSTUDY_DATASETS"]
    write("bars.npz", [1.0, 2.0, 6.0], 1)
    other = cli("decode", path("bars.safetensors"), "--out", path("bars.png"), status=1).stderr
    assert "another set" in other, other
    with open(path("bars.npz"), "r+b") as f:
        f.truncate(300)
    assert "bars.npz" in cli("describe", sim, status=1).stderr


def header(name):
    """Of a model file: names, shapes and places of its tensors, and what it says of itself."""
    raw = read(name)
    return json.loads(raw[8:8 + struct.unpack("<Q", raw[:8])[0]])


def tensor(name, key):
    raw, of = read(name), header(name)[key]
    begin = 8 + struct.unpack("<Q", raw[:8])[0]
    return raw[begin + of["data_offsets"][0]:begin + of["data_offsets"][1]]


def trained(name, *options, sim="rlc", samples=512, status=0):
    """A little model of dense nets."""
    return cli("train", "simvae", *([sim] if sim else []), "--out", path(name), "--preset", "quick", "--samples", samples,
               "--width", "16", "--seed", "5", *options, status=status)


def each_method_trains_and_says_what_it_is():
    for method in ("simvae", "supervised", "beta-vae", "unsupervised-start", "semi-supervised"):
        trained(f"m-{method}.safetensors", "--method", method)
        said = header(f"m-{method}.safetensors")["__metadata__"]
        assert said["method"] == method and f"--method {method}" in said["command"], said["method"]
    trained("m-default.safetensors")
    assert tensors(read("m-default.safetensors")) == tensors(read("m-simvae.safetensors"))
    # the same decoder, Eq. 3 on the same draws; another encoder, Eq. 5
    decoder = [k for k in header("m-simvae.safetensors") if k.startswith("decoder.")]
    encoder = [k for k in header("m-simvae.safetensors") if k.startswith("encoder.")]
    assert decoder and encoder
    for k in decoder:
        assert tensor("m-supervised.safetensors", k) == tensor("m-simvae.safetensors", k), k
    for other in ("supervised", "unsupervised-start", "semi-supervised"):
        assert any(tensor(f"m-{other}.safetensors", k) != tensor("m-simvae.safetensors", k) for k in encoder), other
    for other in ("unsupervised-start", "semi-supervised"):
        assert any(tensor(f"m-{other}.safetensors", k) != tensor("m-simvae.safetensors", k) for k in decoder), other
    err = trained("x.safetensors", "--method", "guess", status=2).stderr
    assert "guess" in err and "unsupervised-start" in err and not os.path.exists(path("x.safetensors"))


def latents_without_names_cannot_be_set_or_read_but_are_measured():
    trained("anonymous.safetensors", "--method", "beta-vae", "--beta", "2")
    assert "no names" in cli("decode", path("anonymous.safetensors"), "--out", path("x.csv"), status=1).stderr
    cli("simulate", "rlc", "--count", "1", "--seed", "1", "--out", path("one.npz"))
    assert "no names" in cli("infer", path("anonymous.safetensors"), "--data", path("one.npz"), "--out", path("x.csv"),
                             status=1).stderr
    cli("evaluate", path("anonymous.safetensors"), "--pairs", "400", "--out", path("anonymous"))
    assert "mig" in json.loads(read("anonymous/metrics.json").decode())
    trained("other.safetensors", "--method", "beta-vae", "--beta", "8")
    assert tensors(read("anonymous.safetensors")) != tensors(read("other.safetensors"))
    trained("usual.safetensors", "--method", "beta-vae")
    trained("four.safetensors", "--method", "beta-vae", "--beta", "4")
    assert tensors(read("usual.safetensors")) == tensors(read("four.safetensors"))


def a_divergence_gives_the_encoder_a_spread():
    trained("kl.safetensors", "--kl-weight", "0.001")
    biases = [k for k in header("kl.safetensors") if k.startswith("encoder.") and k.endswith("bias")]
    of = {name: [header(name + ".safetensors")[k]["shape"] for k in biases] for name in ("m-simvae", "kl")}
    # of R, L and C a mean each; and a spread each
    assert [3] in of["m-simvae"] and [3] not in of["kl"] and [6] in of["kl"], of
    cli("simulate", "rlc", "--count", "1", "--seed", "1", "--out", path("one.npz"))
    cli("infer", path("kl.safetensors"), "--data", path("one.npz"), "--out", path("kl.csv"))
    for bad in ("0", "-1", "much", "1e9", "nan", "0.1x"):
        assert "--kl-weight" in trained("x.safetensors", "--kl-weight", bad, status=2).stderr, bad
    for method in ("beta-vae", "supervised"):
        assert "--kl-weight" in trained("x.safetensors", "--kl-weight", "1", "--method", method, status=2).stderr


def options_of_one_method_are_refused_by_others():
    for bad in ("0", "-4", "four", "1e7", "inf"):
        assert "--beta" in trained("x.safetensors", "--method", "beta-vae", "--beta", bad, status=2).stderr, bad
    for bad in ("0", "1", "-0.1", "half", "2"):
        assert "--labelled-share" in trained("x.safetensors", "--method", "semi-supervised", "--labelled-share", bad,
                                             status=2).stderr, bad
    assert "beta-vae" in trained("x.safetensors", "--beta", "4", status=2).stderr
    assert "semi-supervised" in trained("x.safetensors", "--labelled-share", "0.5", status=2).stderr
    assert not os.path.exists(path("x.safetensors"))
    trained("half.safetensors", "--method", "semi-supervised", "--labelled-share", "0.5")
    trained("tenth.safetensors", "--method", "semi-supervised", "--labelled-share", "0.1")
    assert tensors(read("tenth.safetensors")) == tensors(read("m-semi-supervised.safetensors"))     # what it is unless told
    assert tensors(read("half.safetensors")) != tensors(read("tenth.safetensors"))


def a_bank_trains_without_a_simulator_s_name():
    cli("simulate", "rlc", "--count", "1100", "--seed", "3", "--out", path("rows"))
    for method in ("simvae", "supervised", "semi-supervised", "beta-vae"):
        trained("bank-a.safetensors", "--bank", path("rows"), "--method", method, sim=None)
        trained("bank-b.safetensors", "--bank", path("rows"), "--method", method)
        assert tensors(read("bank-a.safetensors")) == tensors(read("bank-b.safetensors")), method
        assert tensors(read("bank-a.safetensors")) != tensors(read(f"m-{method}.safetensors")), method
    assert header("bank-a.safetensors")["__metadata__"]["simulator"] == "rlc"
    assert trained("x.safetensors", "--bank", path("rows"), sim="fourier", status=1).stderr
    assert "nowhere" in trained("x.safetensors", "--bank", path("nowhere"), sim=None, status=1).stderr
    assert trained("x.safetensors", sim=None, status=2).stderr
    cli("simulate", "rlc", "--count", "20", "--seed", "3", "--out", path("few"))
    assert "too few" in trained("x.safetensors", "--bank", path("few"), status=1).stderr
    assert not os.path.exists(path("x.safetensors"))


def a_noisy_output_has_mean_and_spread():
    trained("noisy.safetensors", sim="rlc+normal")
    assert header("noisy.safetensors")["__metadata__"]["values"] == "mean and log variance"
    assert header("m-simvae.safetensors")["__metadata__"]["values"] == "linear"
    said = cli("decode", path("noisy.safetensors"), "--set", "sigma_gain=2", "--out", path("noisy.csv")).stdout
    assert "of their means" in said, said
    with open(path("noisy.csv"), newline="") as f:
        rows = list(csv.DictReader(f))
    assert list(rows[0]) == ["gain_mean", "gain_sd", "phase_mean", "phase_sd"] and len(rows) == 128
    assert all(float(r["gain_sd"]) > 0 and float(r["phase_sd"]) > 0 for r in rows)
    cli("decode", path("noisy.safetensors"), "--out", path("noisy.npy"))
    assert b"(2, 128, 2)" in read("noisy.npy")[:128]
    cli("decode", path("noisy.safetensors"), "--out", path("noisy.svg"))
    # the simulator itself: the spread is what was asked for, of 64 runs
    cli("decode", path("noisy.safetensors"), "--simulator", "--set", "sigma_gain=2", "--out", path("runs.csv"))
    with open(path("runs.csv"), newline="") as f:
        spread = math.sqrt(sum(float(r["gain_sd"]) ** 2 for r in csv.DictReader(f)) / 128)
    assert abs(spread - 2) < 4 * 2 / math.sqrt(2 * 63 * 128), spread
    cli("evaluate", path("noisy.safetensors"), "--pairs", "200", "--out", path("noisy"))
    metrics = json.loads(read("noisy/metrics.json").decode())
    assert set(metrics["spread"]) == {"log_score", "log_score_truth", "level", "coverage", "rms_standard"}
    assert metrics["rms_noise"] > 0 and metrics["spread"]["log_score"] > metrics["spread"]["log_score_truth"]
    cli("simulate", "rlc+normal", "--count", "1", "--seed", "1", "--out", path("one.npz"))
    data = ["infer", path("noisy.safetensors"), "--data", path("one.npz"), "--out", path("noisy-samples.csv")]
    cli(*data, "--figure", path("noisy-answer.svg"))
    assert "noise" in cli(*data, "--refine", status=2).stderr
    assert "noise" in cli("evaluate", path("noisy.safetensors"), "--refine", "--out", path("noisy"), status=1).stderr


def benchmark_prints_a_json_object_a_line():
    lines = [json.loads(line) for line in cli("benchmark", "simulate", "--seconds", "0.05", "--json").stdout.splitlines()]
    assert lines and all({"bench", "variant", "threads", "ms", "per_s"} <= set(l) for l in lines if l["bench"] != "env")


TESTS = [f for f in list(globals().values()) if callable(f) and getattr(f, "__module__", "") == "__main__"
         and f.__name__ not in ("path", "cli", "read", "model", "shipped", "tensors", "stamp", "header", "tensor",
                                "trained") and (not sys.argv[2:] or f.__name__ in sys.argv[2:])]
print(f"1..{len(TESTS)}")
for i, test in enumerate(TESTS, 1):
    try:
        test()
        print(f"ok {i} {test.__name__}", flush=True)
    except Exception:                                  # noqa: BLE001: each failure is printed and counted
        print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), end="")
        print(f"not ok {i} {test.__name__}", flush=True)
