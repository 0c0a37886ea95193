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

ROOT = Path(__file__).resolve().parents[2]


def run(orrery, world, out):
    result = subprocess.run([orrery, "run", "--world", world, "--seeds", "1",
                             ROOT / "scenarios/live/two-pods.json", "--out", out,
                             "--record", f"{out}.orrery"],
                            capture_output=True, text=True)
    print(result.stdout + result.stderr)
    summary = json.loads((out / "summary.json").read_text()) if result.returncode in (0, 1, 3) else None
    return result.returncode, summary


def observed(summary, name):
    return next(e["observed"] for e in summary["expectations"] if e["id"] == name)


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
    print(f"recorded: {len(names[1])} series, of the simulation {len(names[0])}; {started:.0f} requests "
          f"of {due}, {succeeded:.0f} ok of {ok}")
    # The last ones may end after the run.
    return names[0] == names[1] and started == due and ok - 10 <= succeeded <= ok


def main():
    orrery = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        sim_code, sim = run(orrery, "sim", Path(folder) / "sim")
        live_code, live = run(orrery, "containerd", Path(folder) / "live")
        records = sorted((Path(folder) / "live/live/records").glob("*.jsonl"))
        replay = subprocess.run([orrery, "replay", *records], capture_output=True, text=True)
        print(replay.stdout + replay.stderr)
        alike = sim is not None and live is not None and recorded_alike(orrery, folder)
    if sim and live:
        for name in ("rolled", "back"):
            a, b = observed(sim, name), observed(live, name)
            if a and b:
                print(f"{name}: sim {a:.3f} s, live {b:.3f} s, sim/live {a / b:.2f}")
    ok = sim_code == 0 and live_code == 0 and alike and replay.returncode == 0 and len(records) == 4
    print("1 passed, 0 failed" if ok else "0 passed, 1 failed")
    sys.exit(0 if ok else 1)


main()
