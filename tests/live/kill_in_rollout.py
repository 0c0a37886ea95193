#!/usr/bin/env python3
"""Kills the control plane, then a node agent, in the middle of a rolling update on live hosts, again
and again: the rollout must finish every time, lose no request, leave nothing on the hosts, and every
record must replay to the same calls.

Usage: kill_in_rollout.py ORRERY RUNS_OF_EACH_KIND
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTBED = ROOT / "real-backend/testbed/testbed"
REPLICAS_AND_SURGE = 3


def scenario(kind, delay_ms):
    # A step that fails after the kill is tried again 10 to 15 s later, as a kubelet does; a rollout
    # in which nothing fails takes 4 s.
    fault = {"id": "kill", "at": f"rollout+{delay_ms}ms", "fault": kind, "for": "500ms"}
    if kind == "node-agent-kill":
        fault["target"] = f"Node/h{1 + delay_ms % 2}"
    return {
        "format": 1, "name": f"{kind} {delay_ms} ms into a rollout", "duration": "32s", "warmup": "8s",
        "manifests": [str(ROOT / "scenarios/live/manifests")],
        "cluster": {"nodes": ["h1", "h2"], "node": {"cpu": "2", "memory": "2Gi", "pods": 20}},
        "images": {f"localhost/orrery-workload:{v}": {"onNodes": True, "start": "2ms"} for v in (1, 2)},
        "services": {"web": {"operations": {"request": {"cpu": "2ms"}}}},
        "journeys": {"visit": {"steps": ["web:request"], "timeout": "1s"}},
        "load": [{"poisson": "50/s"}],
        "timeline": [{"id": "rollout", "at": "9s",
                      "set": {"target": "Deployment/web", "image": "localhost/orrery-workload:2"}}, fault],
        "expect": [
            {"id": "rolled", "target": "Deployment/web", "rollout": "complete", "within": "rollout+22s"},
            {"id": "no-loss", "service": "web", "success": ">= 100%", "during": "rollout..rollout+22s"},
        ],
    }


def left_on_hosts():
    """What a host with no pods must not have."""
    status = json.loads(subprocess.run([TESTBED, "status", "--json"], check=True, capture_output=True,
                                       text=True).stdout)
    left = []
    for host in status["hosts"]:
        for what in ("containers", "tasks"):
            listing = subprocess.run(["ctr", "-a", host["socket"], "-n", "k8s.io", what, "list", "-q"],
                                     check=True, capture_output=True, text=True).stdout.split()
            left += [f"{host['name']}: {what[:-1]} {name}" for name in listing]
        for cgroup in Path("/sys/fs/cgroup").glob(f"*{host['cgroupParent']}/*/"):
            left.append(f"cgroup {cgroup}")
        for mount in Path("/proc/self/mounts").read_text().splitlines():
            if f"{status['dir']}/{host['name']}/state/" in mount:
                left.append(f"mount {mount.split()[1]}")
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = process.read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"containerd-shim-runc-v2") and host["socket"].encode() in words:
                left.append(f"{host['name']}: shim {process.parent.name}")
    return left


def one_run(orrery, kind, delay_ms, folder):
    file = folder / "scenario.json"
    file.write_text(json.dumps(scenario(kind, delay_ms)))
    out = folder / "out"
    run = subprocess.run([orrery, "run", "--world", "containerd", file, "--out", out],
                         capture_output=True, text=True)
    problems = []
    if run.returncode != 0:
        problems.append(f"exit {run.returncode}\n{run.stdout}{run.stderr}")
        events = out / "events.jsonl"
        if events.exists():
            problems.append("the last events:\n" + "\n".join(events.read_text().splitlines()[-60:]))
    else:
        total = json.loads((out / "summary.json").read_text())["deployments"]["default/web"]["maxTotal"]
        if total > REPLICAS_AND_SURGE:
            problems.append(f"{total} pods at one time")
    problems += left_on_hosts()
    records = sorted((out / "live/records").glob("*.jsonl"))
    if len(records) != 4:  # two agents, one control plane, and the successor of what was killed
        problems.append(f"{len(records)} records")
    replay = subprocess.run([orrery, "replay", *records], capture_output=True, text=True)
    if replay.returncode != 0:
        problems.append(f"replay: {replay.stdout}{replay.stderr}")
    return problems


def main():
    orrery, count = sys.argv[1], int(sys.argv[2])
    failed = 0
    subprocess.run([TESTBED, "up", "2", "--workload", Path(orrery).with_name("orrery-workload")], check=True)
    try:
        for kind in ("control-plane-kill", "node-agent-kill"):
            for i in range(count):
                # From the first moments of the rollout until after its second pod was made.
                delay_ms = 20 + i * 900 // count
                with tempfile.TemporaryDirectory() as folder:
                    problems = one_run(orrery, kind, delay_ms, Path(folder))
                failed += bool(problems)
                print(f"{kind} at +{delay_ms} ms: {'; '.join(problems) or 'ok'}", flush=True)
    finally:
        down = subprocess.run([TESTBED, "down"])
    print(f"{2 * count - failed} passed, {failed} failed")
    sys.exit(1 if failed or down.returncode else 0)


main()
