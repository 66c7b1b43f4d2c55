# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reference.py of the epidemics share: people, not shares, in classes S, E, I, R and what has happened so far."""
import random

from reference_ode import solve, write

PEOPLE, DAYS = 763.0, 100


def states(theta, first):
    """[S, E, I, cases, infections] on days first … 99 + first."""
    beta = theta["R0"] / theta["infectious"]
    gamma = 1.0 / theta["infectious"]
    sigma = 1.0 / theta["latent"] if "latent" in theta else None
    omega = 1.0 / theta["immunity"] if "immunity" in theta else 0.0
    n, start = theta["population"], theta["introduction"]

    def rates(_, y):
        s, e, i, r = y[:4]
        new = beta * s * i / n
        ill = new if sigma is None else sigma * e
        return [omega * r - new, 0.0 if sigma is None else new - ill, ill - gamma * i, gamma * i - omega * r, ill, new]

    days = [first + d for d in range(DAYS)]
    begin, change = [n - theta["initial"], 0.0, theta["initial"], 0.0, 0.0, 0.0], max(theta.get("control_day", 1e9), start)
    after = [d - start for d in days if d >= start]
    known = solve(rates, begin, [d for d in after if d < change - start]) if any(d < change - start for d in after) else []
    if len(known) < len(after):
        # two problems, one on either side of the kink
        middle = solve(rates, begin, [change - start])[-1] if change > start else begin
        beta *= theta["control"]
        known += solve(rates, middle, [d - (change - start) for d in after[len(known):]])
    return [[n, 0.0, 0.0, 0.0, 0.0] for _ in range(DAYS - len(after))] + [[*y[:3], *y[4:]] for y in known]


def outputs(names):
    def of(values):
        theta = dict(zip(names, values))
        now, before = states(theta, 0), states(theta, -1)
        out = [[a[3] - b[3] for a, b in zip(now, before)], [y[2] for y in now], [y[0] for y in now], [y[3] for y in now]]
        if "latent" in names:
            out += [[y[1] for y in now], [a[4] - b[4] for a, b in zip(now, before)]]
        return out
    return of


def print_reference(names, typical, seed):
    rng = random.Random(seed)
    ranges = {"R0": (1.1, 20.0), "latent": (1.0, 14.0), "infectious": (1.0, 14.0), "immunity": (20.0, 1000.0),
              "initial": (1.0, 10.0)}
    spans = {"introduction": (-7.0, 14.0), "control": (0.0, 1.0), "control_day": (5.0, 40.0)}

    def draw(name):
        if name in ranges:
            low, high = ranges[name]
            return float(f"{low * (high / low) ** rng.random():.5g}")
        return float(f"{rng.uniform(*spans[name]):.4f}") if name in spans else PEOPLE
    write(names, [typical] + [[draw(name) for name in names] for _ in range(7)], outputs(names), keep=0.06)
