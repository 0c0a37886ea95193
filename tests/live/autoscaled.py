#!/usr/bin/env python3
"""Runs scenarios/live/autoscaled.json in both worlds: an autoscaler sees the core time of real containers, and
scales as the simulation says. Both must keep every expectation, every record must replay, and three
figures of the simulation must be within these bounds of the live run:

  replicas      equal
  scaled at     SCALED_WITHIN seconds: another look at the metrics would be 15 s away
  core time     CORE_TIME_WITHIN of what hosts measure: the model has the service's work, and not
                what HTTP, sockets and probes cost

Usage: autoscaled.py ORRERY
"""
import json
import sys
import tempfile
from pathlib import Path

from worlds import observed, replay, run

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = ROOT / "scenarios/live/autoscaled.json"
SCALED_WITHIN = 5.0
CORE_TIME_WITHIN = 0.15
SERVICE_TIME = 0.005  # [s], as the scenario says.
LOAD_FROM = 15  # [s], as well.
STEADY = (45, 88)  # [s] of the run: three pods share the load.


def cores_measured(records):
    """Of the pods together, while they are steady, as their nodes wrote it in PodMetrics."""
    time_used, time_seen = {}, {}
    for record in records:
        for line in record.read_text().splitlines():
            body = json.loads(line).get("line", {})
            call = body.get("what") if body.get("out") == "api" else None
            if not isinstance(call, dict) or call.get("kind") != "PodMetrics" or "object" not in call:
                continue
            metrics, pod = call["object"], call["name"]
            end, window = metrics["timestamp"] / 1e9, metrics["window"]
            if end - window < STEADY[0] or end > STEADY[1]:
                continue
            milli = sum(container.get("cpuMilli", 0) for container in metrics["containers"])
            time_used[pod] = time_used.get(pod, 0) + milli / 1000 * window
            time_seen[pod] = time_seen.get(pod, 0) + window
    return sum(time_used[pod] / time_seen[pod] for pod in time_used), len(time_used)


def cores_predicted(load):
    """What the service's work takes of the requests that came in that time: the same arrivals in both worlds."""
    lines = [json.loads(line) for line in load.read_text().splitlines()]
    start = next(line["start"] for line in lines if "start" in line)
    due = [(line["at"] - start) / 1e9 + LOAD_FROM for line in lines if "due" in line]
    count = sum(1 for at in due if STEADY[0] <= at < STEADY[1])
    return count * SERVICE_TIME / (STEADY[1] - STEADY[0])


def main():
    orrery = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        sim_code, sim = run(orrery, SCENARIO, "sim", Path(folder) / "sim")
        live_code, live = run(orrery, SCENARIO, "containerd", Path(folder) / "live")
        records, replays = replay(orrery, Path(folder) / "live")
        measured, pods = cores_measured([r for r in records if not r.name.startswith("control-plane")])
        predicted = cores_predicted(Path(folder) / "live/live/load-0.jsonl")
    ok = sim_code == 0 and live_code == 0 and replays and len(records) == 3 and pods == 3
    if sim and live:
        for what, a, b, bound in (
                ("replicas", observed(sim, "content"), observed(live, "content"), 0),
                ("scaled [s]", observed(sim, "scaled"), observed(live, "scaled"), SCALED_WITHIN),
                ("core time [cores]", predicted, measured, CORE_TIME_WITHIN * measured)):
            within = a is not None and b is not None and abs(a - b) <= bound
            ok = ok and within
            print(f"{what}: sim {a}, live {b}, bound {bound:.3f}{'' if within else ': TOO FAR'}")
    print("1 passed, 0 failed" if ok else "0 passed, 1 failed")
    sys.exit(0 if ok else 1)


main()
