#!/usr/bin/env python3
"""Runs scenarios/live/two-pods.json in both worlds: both must pass, and the test prints how far apart
rollout and recovery are. Distances are reported, not judged: a loaded machine starts pods slowly.
The recordings must have the same series, and the live one every request that its generator saw.

Usage: two_worlds.py ORRERY
"""
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from worlds import observed, replay, run

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = ROOT / "scenarios/live/two-pods.json"


def series(orrery, recording):
    """Of the recording: (what, from, name, figure) -> sum over the seconds."""
    lines = subprocess.run([orrery, "export", recording, "--format", "csv-long"], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    sums = {}
    for row in csv.DictReader(lines):
        key = (row["of"], row["from"], row["name"], row["figure"])
        sums[key] = sums.get(key, 0) + float(row["value"])
    return sums


def recorded_alike(orrery, folder):
    sim, live = (series(orrery, f"{folder}/{world}.orrery") for world in ("sim", "live"))
    # What goes on inside services is not seen live; how requests fail is up to the world.
    common = {"started", "ok", "p50", "p95", "p99", "pods", "pods_ready", "nodes", "nodes_ready"}
    names = [{key for key in sums if key[3] in common} for sums in (sim, live)]
    requests = [json.loads(line) for line in Path(f"{folder}/live/live/load-0.jsonl").open()]
    due = sum(1 for request in requests if "due" in request)
    ok = sum(1 for request in requests if request.get("outcome") == "ok")
    started, succeeded = (live[("journey", "", "visit", figure)] for figure in ("started", "ok"))
    answered = sum(1 for request in requests if "outcome" in request)
    print(f"recorded: {len(names[1])} series, of the simulation {len(names[0])}; {started:.0f} requests "
          f"of {due}, {answered} answered, {succeeded:.0f} ok of {ok}")
    # The last ones may end after the run, but before their pods go.
    return names[0] == names[1] and started == due == answered and ok - 10 <= succeeded <= ok


def main():
    orrery = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        (sim_code, sim), (live_code, live) = (
            run(orrery, SCENARIO, world, Path(folder) / name, "--record", f"{folder}/{name}.orrery")
            for world, name in (("sim", "sim"), ("containerd", "live")))
        records, replays = replay(orrery, Path(folder) / "live")
        alike = sim is not None and live is not None and recorded_alike(orrery, folder)
    if sim and live:
        for name in ("rolled", "back"):
            a, b = observed(sim, name), observed(live, name)
            if a and b:
                print(f"{name}: sim {a:.3f} s, live {b:.3f} s, sim/live {a / b:.2f}")
    ok = sim_code == 0 and live_code == 0 and alike and replays and len(records) == 4
    print("1 passed, 0 failed" if ok else "0 passed, 1 failed")
    sys.exit(0 if ok else 1)


main()
