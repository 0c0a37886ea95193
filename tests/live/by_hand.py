#!/usr/bin/env python3
"""A run on live hosts that somebody gives orders to: what is ordered is done, recorded, and kept as a
scenario; what live hosts cannot do is refused.

Usage: by_hand.py ORRERY
"""
import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Hand:
    """Somebody at the socket of a run."""

    def __init__(self, path, run):
        for _ in range(600):
            if path.exists() or run.poll() is not None:
                break
            time.sleep(0.1)
        assert path.exists(), f"the run ended before anybody could give orders: {run.communicate()}"
        self.client = socket.socket(socket.AF_UNIX)
        self.client.settimeout(120)
        self.client.connect(str(path))
        self.lines = self.client.makefile("rb")

    def until(self, key, value=None):
        for line in self.lines:
            answer = json.loads(line)
            if key in answer and value in (None, answer[key]):
                return answer
        raise AssertionError(f"no {key} {value}")

    def order(self, key, **command):
        self.client.sendall(json.dumps(command).encode() + b"\n")
        return self.until(key)


def events_of(orrery, recording):
    """What the recording tells so far."""
    exported = subprocess.run([orrery, "export", recording, "--format", "jsonl"], capture_output=True, text=True,
                              check=False).stdout
    told = [json.loads(line) for line in exported.splitlines()]
    return [line for line in told if line["type"] == "event"]


def wait_until_available(orrery, recording, run):
    """A verdict needs a steady state before what is done."""
    while not any(e["what"] == "condition" and e["detail"].startswith("Available=True")
                  for e in events_of(orrery, recording)):
        assert run.poll() is None, "the run ended before its pods were available"
        time.sleep(0.2)


def scenario():
    """Two pods for 20 s; the timeline is left to the hand."""
    return {"include": [str(ROOT / "scenarios/live/two-pods.json")], "format": 1, "name": "Two pods, and a hand",
            "duration": "20s", "timeline": None, "expect": None, "images": {"localhost/orrery-workload:2": None},
            "provenance": None}


def main():
    orrery = sys.argv[1]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "hand.json").write_text(json.dumps(scenario()))
        with subprocess.Popen([orrery, "run", folder / "hand.json", "--world", "containerd", "--seeds", "1", "--record",
                               folder / "run.orrery", "--control", folder / "run.sock", "--out", folder / "out"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
            hand = Hand(folder / "run.sock", run)
            assert hand.until("state")["state"] == "runs", "nobody holds the clock"
            kill = {"fault": "pod-kill", "target": "Deployment/web"}
            wait_until_available(orrery, folder / "run.orrery", run)
            assert hand.order("done", do="preview", entry=kill)["count"] == 1
            for refused in ({"do": "pause"}, {"do": "step"}, {"do": "speed", "factor": 8},
                            {"do": "act", "entry": {"fault": "cpu-stress", "target": "Deployment/web", "threads": 3,
                                                    "for": "2s"}}):
                problems = hand.order("refused", **refused)["refused"]
                assert len(problems) == 1, (refused, problems)
                print("refused:", problems[0]["expected"], "|", problems[0]["found"], "|", problems[0]["hint"])
            done = hand.order("done", do="act", entry=kill)
            assert done["id"] == "hand-1" and done["count"] == 1, done
            time.sleep(3)
            done = hand.order("done", do="act", entry={"set": {"target": "Deployment/web", "replicas": 3}})
            assert done["hits"] == ["Deployment/default/web"], done
            assert hand.until("state", "over")
            out, err = run.communicate(timeout=240)
            print(out, err)
            assert run.returncode == 0, run.returncode
            assert "hand-1" in out and "hand-2" in out, "what was done is told"

        kept = json.loads((folder / "out/session.json").read_text())
        assert [entry["id"] for entry in kept["timeline"]] == ["hand-1", "hand-2"], kept
        commands = [e for e in events_of(orrery, folder / "run.orrery") if e["what"] == "command"]
        assert len(commands) == 2, commands
        # What was done led to what is seen of it.
        told = {e["id"]: e for e in events_of(orrery, folder / "run.orrery")}
        led_to = [(told[e["cause"]]["what"], e["what"], e["detail"]) for e in told.values() if e["cause"]]
        assert ("set", "spec-changed", "replicas 2 -> 3") in led_to, led_to
        assert any(cause == "fault" and what in ("terminating", "deleted") for cause, what, _ in led_to), led_to
        # Requests that came before the first pod was ready failed, and why is known.
        why = subprocess.run([orrery, "why", folder / "out"], capture_output=True, text=True, check=True).stdout
        assert "no ready pod of default/web" in why, why
        assert any(e["what"] == "failing" and e["cause"] for e in told.values()), "no failure has a cause"
        # The same in the simulated world: one killed, three at the end.
        again = subprocess.run([orrery, "run", folder / "out/session.json", "--out", folder / "again"],
                               capture_output=True, text=True, check=False)
        print(again.stdout)
        assert again.returncode == 0, again.stderr


if __name__ == "__main__":
    main()
