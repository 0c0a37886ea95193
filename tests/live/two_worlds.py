#!/usr/bin/env python3
"""Runs scenarios/live/two-pods.json in both worlds: both must pass, and the test prints how far apart
rollout and recovery are. Distances are reported, not judged: a loaded machine starts pods slowly.

Usage: two_worlds.py ORRERY
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(orrery, world, out):
    result = subprocess.run([orrery, "run", "--world", world, "--seeds", "1",
                             ROOT / "scenarios/live/two-pods.json", "--out", out],
                            capture_output=True, text=True)
    print(result.stdout + result.stderr)
    summary = json.loads((out / "summary.json").read_text()) if result.returncode in (0, 1, 3) else None
    return result.returncode, summary


def observed(summary, name):
    return next(e["observed"] for e in summary["expectations"] if e["id"] == name)


def main():
    orrery = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        sim_code, sim = run(orrery, "sim", Path(folder) / "sim")
        live_code, live = run(orrery, "containerd", Path(folder) / "live")
        records = sorted((Path(folder) / "live/live/records").glob("*.jsonl"))
        replay = subprocess.run([orrery, "replay", *records], capture_output=True, text=True)
        print(replay.stdout + replay.stderr)
    if sim and live:
        for name in ("rolled", "back"):
            a, b = observed(sim, name), observed(live, name)
            if a and b:
                print(f"{name}: sim {a:.3f} s, live {b:.3f} s, sim/live {a / b:.2f}")
    ok = sim_code == 0 and live_code == 0 and replay.returncode == 0 and len(records) == 4
    print("1 passed, 0 failed" if ok else "0 passed, 1 failed")
    sys.exit(0 if ok else 1)


main()
