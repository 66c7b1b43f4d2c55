#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our training steps and latencies beside PyTorch's, turn and turn about in one run.

    side-by-side.py CLI PEERS [--C 128 256 512] [--rounds 3] [--seconds 3] [--threads 2] [--isa avx2]

CLI: understudy-cli.  PEERS: the folder of bench_torch.py, which prints JSON lines with the same names (it needs
python3-torch and libopenblas0-openmp).  Of the peer's variants `default` is PyTorch as users write it; the best of
default, onednn and clonednn is the strong peer.  Prints a line for each measurement and a table of ratios.
--isa avx2 holds both to AVX2.  Nothing is asserted: this is a measurement, not a test.
"""
import argparse
import collections
import json
import os
import statistics
import subprocess
import sys

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("cli")
ap.add_argument("peers")
ap.add_argument("--C", type=int, nargs="*", default=[128, 256, 512])
ap.add_argument("--rounds", type=int, default=3)
ap.add_argument("--seconds", type=float, default=3)
ap.add_argument("--threads", type=int, default=2)
ap.add_argument("--isa", choices=["avx2"])
a = ap.parse_args()

PEER_ENV = {**os.environ, "LD_LIBRARY_PATH": "/usr/lib/x86_64-linux-gnu/openblas-openmp", "PYTHONDONTWRITEBYTECODE": "1"}
OUR_ENV = dict(os.environ)
if a.isa:
    OUR_ENV["US_ISA"] = a.isa
    PEER_ENV.update(ONEDNN_MAX_CPU_ISA="AVX2", OPENBLAS_CORETYPE="Haswell", ATEN_CPU_CAPABILITY="avx2")
PEER_WORD = {"gen_train": "gen", "enc_through_frozen_gen": "enc"}
times = collections.defaultdict(list)


def lines(command, env):
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
    for line in done.stdout.splitlines():
        record = json.loads(line)
        if "ms" in record:
            yield record


def ours(bench, c, threads):
    for r in lines([a.cli, "benchmark", bench, f"C{c}", "--seconds", str(a.seconds), "--threads", str(threads), "--json"], OUR_ENV):
        print(json.dumps(r), flush=True)
        times[bench, c, "ours"].append(r["ms"])


def peer(word, c, threads):
    command = ["/usr/bin/python3", os.path.join(a.peers, "bench_torch.py"), word, "--C", str(c), "--threads", str(threads),
               "--loss", "mse", "--seconds", str(a.seconds), "--variants", "default,onednn,clonednn"]
    for r in lines(command, PEER_ENV):
        if r["bench"].endswith("_throughput"):
            continue
        print(json.dumps(r), flush=True)
        times[r["bench"], c, r["variant"].split("-", 1)[1].replace("mse-", "")].append(r["ms"])


for c in a.C:
    for _ in range(a.rounds):
        for bench, word in PEER_WORD.items():
            ours(bench, c, a.threads)
            peer(word, c, a.threads)
        for bench in ("gen_latency", "enc_latency"):
            ours(bench, c, a.threads)
        peer("latency", c, a.threads)

print(f"\n{'bench':24} {'C':>4} {'ours':>9} {'best peer':>20} {'ratio':>6} {'as written':>11} {'ratio':>6}   (medians, ms)")
for bench in ("gen_train", "enc_through_frozen_gen", "gen_latency", "enc_latency"):
    for c in a.C:
        mine = statistics.median(times[bench, c, "ours"])
        peers = {v: statistics.median(t) for (b, cc, v), t in times.items() if (b, cc) == (bench, c) and v != "ours"}
        best = min(peers, key=peers.get)
        written = peers.get("default", peers.get("eager"))
        print(f"{bench:24} {c:4} {mine:9.3f} {best + ' ' + format(peers[best], '.3f'):>20} {peers[best] / mine:6.2f} "
              f"{written:11.3f} {written / mine:6.2f}")
