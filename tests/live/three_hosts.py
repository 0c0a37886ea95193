#!/usr/bin/env python3
"""Runs scenarios/live/three-hosts.json in both worlds: a rollout, a scale-up, a drain, a Job, a
DaemonSet, a StatefulSet and an edited ConfigMap on three hosts. Both must keep every expectation,
every record must replay, and the mounted text must change on the hosts while its pods run.

Usage: three_hosts.py ORRERY
"""
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

from worlds import replay, run

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = ROOT / "scenarios/live/three-hosts.json"
TESTBED = ROOT / "real-backend/testbed/testbed"
BED = Path("/run/orrery-testbed")


def texts_seen(bed, over):
    """What each mounted file held, in order, until `over`."""
    seen = {}
    while not over.is_set():
        for file in bed.glob("h*/volumes/*/config/mode"):
            try:
                text = file.read_text()
            except OSError:
                continue  # Its pod has just gone.
            texts = seen.setdefault(str(file), [])
            if not texts or texts[-1] != text:
                texts.append(text)
        time.sleep(0.2)
    return seen


def main():
    orrery = sys.argv[1]
    over = threading.Event()
    seen = {}
    with tempfile.TemporaryDirectory() as folder:
        sim_code, _ = run(orrery, SCENARIO, "sim", Path(folder) / "sim")
        watcher = threading.Thread(target=lambda: seen.update(texts_seen(BED, over)))
        watcher.start()
        live_code, _ = run(orrery, SCENARIO, "containerd", Path(folder) / "live")
        over.set()
        watcher.join()
        if live_code != 0:
            events = Path(folder) / "live/events.jsonl"
            print(events.read_text()[-8000:] if events.exists() else "no events")
        records, replays = replay(orrery, Path(folder) / "live")
    changed = [file for file, texts in seen.items() if texts == ["slow", "fast"]]
    born_new = [file for file, texts in seen.items() if texts == ["fast"]]
    print(f"mounted texts: {len(changed)} went from slow to fast, {len(born_new)} were fast at once, "
          f"of {len(seen)}")
    ok = (sim_code == 0 and live_code == 0 and replays and len(records) == 4
          and changed and len(born_new) >= 2)
    print("1 passed, 0 failed" if ok else "0 passed, 1 failed")
    sys.exit(0 if ok else 1)


main()
