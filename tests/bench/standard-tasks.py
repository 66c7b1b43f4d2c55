#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The standard tasks, all of them: banks, training with default options, draws, C2ST against the true posteriors.

    standard-tasks.py BUILD [--out FOLDER] [--tasks T,T] [--sizes N,N] [--observations K,K] [--jobs J] [--seed S]
                      [--rounds R]

With --rounds each size is spent on one observation at a time, in R rounds, the first of them from the prior.  BUILD is the build folder.  Prints a table beside the bars (the best published results of one round) and leaves it as
results.csv in FOLDER; what is there already is not made again.
"""
import argparse
import csv
import resource
import subprocess
import time
from pathlib import Path

# At 10,000 and 100,000 simulations: Lueckmann et al. 2021 and what came after; none is stated at 1,000.
BARS = {
    ("gaussian_linear", 10000): 0.53, ("two_moons", 10000): 0.56, ("slcp", 10000): 0.80, ("sir", 10000): 0.56,
    ("gaussian_linear", 100000): 0.51, ("two_moons", 100000): 0.52, ("slcp", 100000): 0.68, ("sir", 100000): 0.52,
}
ROUNDS_BARS = {("slcp", 10000): 0.60}
TASKS = ["gaussian_linear", "two_moons", "slcp", "sir"]
DRAWS = 10000


def run(*words):
    return subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True).stdout


def made(path, *words):
    """Runs the command unless what it makes is there."""
    if not path.exists():
        run(*words)
    return path


def timed(clock, *words):
    """Seconds that the command took on the clock and of processors (of the run that was made)."""
    if not clock.exists():
        start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        run(*words)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        clock.write_text(f"{time.monotonic() - start:.1f} {busy:.1f}\n")
    seconds = clock.read_text().split()
    return float(seconds[0]), float(seconds[-1])


def train(a, folder, task, size):
    bank, model, clock = (folder / f"{task}-{size}.{end}" for end in ("npz", "safetensors", "seconds"))
    made(bank, a.tool, task, "--count", size, "--seed", a.seed, "--out", bank)
    return model, *timed(clock, a.cli, "train", "posterior", "--bank", bank, "--out", model, "--seed", a.seed, "--jobs", a.jobs)


def refine(a, folder, task, size, k):
    """C2ST of the posterior that was refined for observation k, and seconds."""
    name = f"{task}-{size}-{a.rounds}rounds{k}"
    draws, clock, score = (folder / f"{name}{end}" for end in (".csv", ".seconds", "-c2st"))
    truth = made(folder / f"{task}-true{k}.csv", a.tool, task, "--reference", k, "--count", DRAWS, "--seed", 1,
                 "--out", folder / f"{task}-true{k}.csv")
    seconds = timed(clock, a.tool, task, "--refine", k, "--rounds", a.rounds, "--count", size // a.rounds, "--seed", a.seed,
                    "--jobs", a.jobs, "--out", draws)
    if not score.exists():
        score.write_text(run(a.tool, "c2st", truth, draws))
    return float(score.read_text()), *seconds


def measure(a, folder, task, size, model, k):
    data = made(folder / f"{task}-x{k}.csv", a.tool, task, "--observation", k, "--out", folder / f"{task}-x{k}.csv")
    truth = made(folder / f"{task}-true{k}.csv", a.tool, task, "--reference", k, "--count", DRAWS, "--seed", 1,
                 "--out", folder / f"{task}-true{k}.csv")
    draws = made(folder / f"{task}-{size}-draws{k}.csv", a.cli, "infer", model, "--data", data, "--samples", DRAWS,
                 "--seed", 2, "--out", folder / f"{task}-{size}-draws{k}.csv")
    score = folder / f"{task}-{size}-c2st{k}"
    if not score.exists():
        score.write_text(run(a.tool, "c2st", truth, draws))
    return float(score.read_text())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("--out", type=Path, default=Path("standard-tasks"))
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--observations", default="1,2,3")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=0)
    a = parser.parse_args()
    a.cli = a.build / "src" / "cli" / "understudy-cli"
    a.tool = a.build / "tests" / "tasks" / "standard-tasks"
    a.out.mkdir(parents=True, exist_ok=True)

    rows = []
    print(f"{'task':16} {'N':>7}  {'C2ST':>6}  {'bar':>5}  {'training':>9}  {'processor':>9}  of each observation", flush=True)
    for size in map(int, a.sizes.split(",")):
        for task in a.tasks.split(","):
            observations = [int(k) for k in a.observations.split(",")]
            if a.rounds:
                refined = [refine(a, a.out, task, size, k) for k in observations]
                scores, seconds, busy = ([r[0] for r in refined], *(sum(r[i] for r in refined) / len(refined) for i in (1, 2)))
            else:
                model, seconds, busy = train(a, a.out, task, size)
                scores = [measure(a, a.out, task, size, model, k) for k in observations]
            mean = sum(scores) / len(scores)
            bar = (ROUNDS_BARS if a.rounds else BARS).get((task, size))
            verdict = "" if bar is None else "  reached" if mean <= bar else "  missed"
            print(f"{task:16} {size:7}  {mean:6.3f}  {bar if bar is not None else '–':>5}  {seconds:7.0f} s  {busy:7.0f} s  "
                  + " ".join(f"{s:.3f}" for s in scores) + verdict, flush=True)
            rows.append([task, size, f"{mean:.4f}", bar, seconds, busy] + scores)
    with open(a.out / "results.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["task", "simulations", "c2st", "bar", "training_s", "processor_s"]
                        + [f"c2st_{k}" for k in a.observations.split(",")])
        writer.writerows(rows)


main()
