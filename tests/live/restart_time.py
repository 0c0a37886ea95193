#!/usr/bin/env python3
"""How fast a killed container serves again: first restart of 20 fresh pods on live hosts, from the
KILL to the first HTTP 200 at the pod's address. Prints p50 and maximum; fails if one never comes back.

Usage: restart_time.py ORRERY [P50_BOUND_MS]
"""
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTBED = ROOT / "real-backend/testbed/testbed"
PODS = 20
PATIENCE_S = 5.0


def scenario(manifest):
    return {
        "format": 1, "name": "20 pods whose containers are killed from outside", "duration": "40s",
        "warmup": "39s", "manifests": [str(manifest)],
        "cluster": {"nodes": ["h1", "h2"], "node": {"cpu": "8", "memory": "8Gi", "pods": 20}},
        "images": {"localhost/orrery-workload:1": {"onNodes": True, "start": "2ms"}},
        "services": {"web": {"operations": {"request": {"cpu": "2ms"}}}},
        "journeys": {"visit": ["web:request"]}, "load": [{"poisson": "1/s"}],
    }


def manifest():
    text = (ROOT / "scenarios/live/manifests/web.yaml").read_text()
    return text.replace("replicas: 2", f"replicas: {PODS}")


def servers(status):
    """(pid, address) of every serving process: the cgroups name them, their namespaces know where."""
    found = []
    for host in status["hosts"]:
        for procs in Path("/sys/fs/cgroup").glob(f"pids{host['cgroupParent']}/*/cgroup.procs"):
            for pid in procs.read_text().split():
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if b"serve" not in words:
                    continue
                shown = subprocess.run(["nsenter", "-t", pid, "-n", "ip", "-j", "-4", "addr", "show", "eth0"],
                                       capture_output=True, text=True, check=True).stdout
                found.append((int(pid), json.loads(shown)[0]["addr_info"][0]["local"]))
    return found


def answers(address):
    connection = http.client.HTTPConnection(address, 8080, timeout=0.2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def main():
    orrery = sys.argv[1]
    bound = float(sys.argv[2]) if len(sys.argv) > 2 else None
    subprocess.run([TESTBED, "up", "2", "--workload", Path(orrery).with_name("orrery-workload")], check=True)
    status = json.loads(subprocess.run([TESTBED, "status", "--json"], check=True, capture_output=True,
                                       text=True).stdout)
    times = []
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "web.yaml").write_text(manifest())
        file = Path(folder) / "scenario.json"
        file.write_text(json.dumps(scenario(Path(folder) / "web.yaml")))
        run = subprocess.Popen([orrery, "run", "--world", "containerd", file, "--out", Path(folder) / "out"],
                               stdout=subprocess.DEVNULL)
        try:
            found = []
            until = time.monotonic() + 25
            while len(found) < PODS and time.monotonic() < until:
                time.sleep(0.5)
                found = servers(status)
            time.sleep(1.5)
            for pid, address in found:
                began = time.monotonic()
                os.kill(pid, signal.SIGKILL)
                while not answers(address) and time.monotonic() - began < PATIENCE_S:
                    time.sleep(0.002)
                taken = time.monotonic() - began
                lost += taken >= PATIENCE_S
                times.append(taken * 1000)
                time.sleep(0.1)
        finally:
            run.wait(timeout=120)
            down = subprocess.run([TESTBED, "down"])
    if times:
        print(f"{len(times)} restarts: p50 {statistics.median(times):.0f} ms, max {max(times):.0f} ms")
    ok = len(times) == PODS and lost == 0 and down.returncode == 0
    if bound is not None and times:
        ok = ok and statistics.median(times) <= bound
    print("1 passed, 0 failed" if ok else "0 passed, 1 failed")
    sys.exit(0 if ok else 1)


main()
