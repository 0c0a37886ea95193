#!/usr/bin/env python3
"""How much faster than real time is a recorded run of a middling cluster, control plane included?

50 nodes in three zones, 20 services of 25 pods with health checks, 1,000 requests/s whose trees have
nine calls; a rollout, killed pods, a slow edge and a lost node. It goes the way of every user: the
scenario is written, `orrery run --record` plays it. What counts is the processor time of the whole
command for one seed. A run that is not at least 200 times as fast as real time fails, and so does one
whose outcome is not that of such a system. Beside it, without a bound: the same where every caller
has timeouts, retries, a balancer, ejection and connection pools, a set of its own in each pod.

Usage: run_bench.py ORRERY [REPETITIONS [MINUTES]]     or run_bench.py --write FOLDER
"""
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

NODES, SERVICES, PODS, LAYERS = 50, 20, 25, 5
REQUESTS_PER_SECOND = 1000
WANTED = 200
WIDTH = SERVICES // LAYERS


def name(layer, number):
    return f"s{layer}-{number % WIDTH}"


def manifests():
    items = []
    for layer in range(LAYERS):
        for number in range(WIDTH):
            app = name(layer, number)
            container = {
                "name": "app",
                "image": f"{app}:1",
                "ports": [{"containerPort": 8080}],
                "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 10},
                "livenessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 10},
                "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}},
            }
            items.append({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": app},
                "spec": {
                    "replicas": PODS,
                    "selector": {"matchLabels": {"app": app}},
                    "template": {"metadata": {"labels": {"app": app}}, "spec": {"containers": [container]}},
                },
            })
            items.append({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": app},
                "spec": {"selector": {"app": app}, "ports": [{"port": 80, "targetPort": 8080}]},
            })
    return {"apiVersion": "v1", "kind": "List", "items": items}


def scenario(minutes, policies):
    services = {}
    for layer in range(LAYERS):
        for number in range(WIDTH):
            operation = {"cpu": {"exponential": "1ms"}, "wait": {"exponential": "2ms"}}
            if layer == 0:
                operation["calls"] = [[name(1, number), name(1, number + 1)]]
            elif layer + 1 < LAYERS:
                operation["calls"] = [name(layer + 1, number)]
            services[name(layer, number)] = {"concurrency": 64, "operations": {"get": operation}}
    return {
        "format": 1,
        "name": "A cluster of 500 pods under load, with a rollout and faults",
        "duration": f"{minutes}min",
        "warmup": "30s",
        "manifests": ["manifests.json"],
        "cluster": {
            "zones": {"a": {"nodes": 17}, "b": {"nodes": 17}, "c": {"nodes": NODES - 34}},
            "node": {"cpu": "8", "memory": "32Gi"},
            "network": {
                "sameNode": {"latency": "50us"},
                "inZone": {"latency": "100us"},
                "betweenZones": {"latency": "320us"},
            },
        },
        "services": services,
        "policies": policies and [{
            "to": sorted(services),
            "timeout": "2s",
            "perTryTimeout": "500ms",
            "retries": {"attempts": 2},
            "balancer": "least-request",
            "outlierDetection": {},
            "connectionPool": {},
        }],
        "journeys": {f"page-{i}": [name(0, i)] for i in range(WIDTH)},
        "load": [{
            "poisson": f"{REQUESTS_PER_SECOND}/s",
            "mix": {f"page-{i}": 1 for i in range(WIDTH)},
            "from": "20s",
        }],
        "timeline": [
            {"id": "rollout", "at": "60s", "set": {"target": "Deployment/s2-1", "image": "s2-1:2"}},
            {"id": "kill", "at": "90s", "fault": "pod-kill", "target": "Deployment/s3-0", "count": 2},
            {"id": "slow", "at": "2min", "for": "30s", "fault": "network-delay", "delay": "20ms",
             "from": "Service/s1-0", "to": "Service/s2-0"},
            {"id": "loss", "at": "3min", "fault": "node-loss", "target": "Node/a-01"},
        ],
        "expect": [
            {"id": f"ok-{i}", "journey": f"page-{i}", "success": ">= 99.9%" if policies else "95%..99.5%",
             "minRequests": REQUESTS_PER_SECOND // WIDTH * 60}
            for i in range(WIDTH)
        ] + [
            # Each of these is called twice a request in two of four journeys.
            {"id": "whole-trees", "service": name(LAYERS - 1, 0), "requestRate": "450/s..550/s"},
            {"id": "rolled", "target": "Deployment/s2-1", "rollout": "complete", "within": "rollout+3min"},
            {"id": "slow-seen", "journey": "page-0", "p50": "30ms..120ms", "during": "slow..slow+30s"},
            {"id": "lost", "count": "Node", "where": {"ready": False}, "finally": "== 1"},
        ],
    }


def write(folder, minutes):
    """The scenario without and with policies."""
    (folder / "manifests.json").write_text(json.dumps(manifests()))
    files = []
    for name, policies in ("plain", []), ("policies", True):
        files.append(folder / f"{name}.json")
        files[-1].write_text(json.dumps(scenario(minutes, policies), indent=1))
    return files


def core_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def play(orrery, file, minutes):
    """How many times faster than real time, MB a minute, fingerprint; nothing if it went wrong."""
    recording, out = file.with_suffix(".orrery"), file.with_suffix("")
    before = core_seconds()
    run = subprocess.run([orrery, "run", file, "--seeds", "1", "--record", recording, "--out", out],
                         capture_output=True, text=True)
    spent = core_seconds() - before
    if run.returncode != 0:
        print(run.stdout + run.stderr + "FAIL: the run did not keep its expectations")
        return None
    prints = json.loads((out / "summary.json").read_text())["fingerprints"]
    return minutes * 60 / spent, recording.stat().st_size / minutes / 1e6, prints[0]


def main():
    if sys.argv[1] == "--write":
        print(*write(Path(sys.argv[2]), 5))
        return 0
    orrery = Path(sys.argv[1]).resolve()
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    minutes = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    with tempfile.TemporaryDirectory() as temporary:
        files = write(Path(temporary), minutes)
        played = [[play(orrery, file, minutes) for file in files] for _ in range(repetitions)]
    medians = []
    for file, runs in zip(files, zip(*played)):
        if None in runs:
            return 1
        ratios, sizes, prints = zip(*runs)
        medians.append(statistics.median(ratios))
        print(f"{file.stem:8}  {medians[-1]:.0f} x real time ({min(ratios):.0f}..{max(ratios):.0f}), "
              f"{sizes[0]:.2f} MB a minute")
        if len(set(prints)) != 1:
            print("FAIL: runs of one seed differ")
            return 1
    if medians[0] < WANTED:
        print(f"FAIL: less than {WANTED} times real time")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
