#!/usr/bin/env python3
"""`orrery run --control` from outside: a session at the socket, and the scenario that is kept of it.

Usage: control_test.py ORRERY
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ORRERY = sys.argv.pop(1)
TWO_PODS = ROOT / "scenarios/live/two-pods.json"


class Session:
    """A held run and somebody at its socket."""

    def __init__(self, folder, scenario=TWO_PODS, more=()):
        self.folder = folder
        self.socket_path = folder / "run.sock"
        self.process = subprocess.Popen(
            [ORRERY, "run", scenario, "--seeds", "3", "--record", folder / "run.orrery", "--control", self.socket_path,
             "--out", folder / "out", *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.rest = b""

    def connect(self):
        for _ in range(600):
            if self.socket_path.exists():
                break
            time.sleep(0.1)
        self.client = self.another()
        return self

    def another(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(60)
        client.connect(str(self.socket_path))
        return client

    def send(self, **command):
        self.client.sendall(json.dumps(command).encode() + b"\n")

    def answer(self):
        while b"\n" not in self.rest:
            try:
                received = self.client.recv(65536)
            except ConnectionResetError:
                return None
            if not received:
                return None
            self.rest += received
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def until(self, key, value=None):
        while (answer := self.answer()) is not None:
            if key in answer and value in (None, answer[key]):
                return answer
        raise AssertionError(f"no {key} {value}")

    def end(self):
        self.client.close()
        return self.process.communicate(timeout=240)


def fingerprints(folder):
    return json.loads((folder / "summary.json").read_text())["fingerprints"]


class ControlTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def session(self, *order):
        session = Session(self.folder, *order).connect()
        self.addCleanup(session.process.kill)
        return session

    def test_a_session_is_kept_as_a_scenario_that_plays_the_same(self):
        session = self.session()
        self.assertEqual(session.socket_path.stat().st_mode & 0o777, 0o600)
        choices = session.until("choices")["choices"]
        self.assertEqual(choices["services"], {"default/web": ["Deployment/default/web"]})
        self.assertEqual(session.until("state"), {"state": "held", "at": 0, "speed": 1.0})
        session.send(do="speed", factor=0)
        session.send(do="step", until="fault", tag=1)
        self.assertEqual(session.until("done", "step")["tag"], "1")
        self.assertEqual(session.until("state", "held")["at"], 6_000_000)
        session.send(do="step", until="second")
        self.assertEqual(session.until("state", "held")["at"], 7_000_000)

        kill = {"fault": "pod-kill", "target": "Deployment/web"}
        session.send(do="preview", entry=kill)
        preview = session.until("done", "preview")
        session.send(do="act", entry=kill)
        act = session.until("done", "act")
        self.assertEqual((act["id"], act["hits"]), ("hand-1", preview["hits"]))
        self.assertEqual(len(act["hits"]), 1)
        session.send(do="step", until="event")
        self.assertGreater(session.until("state", "held")["at"], 7_000_000)
        session.send(do="act", entry={"set": {"target": "Deployment/web", "replicas": 4}})
        session.until("done", "act")
        session.send(do="run")
        self.assertEqual(session.until("state", "over"), {"state": "over"})
        told, _ = session.end()
        self.assertRegex(told, "hand-1 +1 target hit")
        self.assertFalse(session.socket_path.exists(), "it goes with the run")

        kept = self.folder / "out/session.json"
        self.assertEqual([entry["id"] for entry in json.loads(kept.read_text())["timeline"]], ["hand-1", "hand-2"])
        again = self.folder / "again"
        subprocess.run([ORRERY, "run", kept, "--out", again], capture_output=True, check=False)
        self.assertEqual(fingerprints(again), fingerprints(self.folder / "out"))

    def test_a_session_finds_its_files_from_wherever_it_is_played(self):
        edited = self.folder / "edited.json"
        edited.write_text(TWO_PODS.read_text())
        later = self.folder / "later.yaml"
        later.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: later}\ndata: {a: b}\n")
        session = self.session(edited, ("--folder", TWO_PODS.parent))
        session.until("state", "held")
        session.send(do="speed", factor=0)
        session.send(do="step", until="7s")
        session.until("state", "held")
        session.send(do="act", entry={"fault": "pod-kill", "target": "Deployment/web"})
        session.until("done", "act")
        session.send(do="act", entry={"apply": [os.path.relpath(later, TWO_PODS.parent)]})
        session.until("done", "act")
        session.end()
        elsewhere = self.folder / "else/where"
        elsewhere.mkdir(parents=True)
        done = subprocess.run([ORRERY, "run", "../../out/session.json", "--out", "again"], cwd=elsewhere, text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.stderr.count("expected"), 0, done.stderr)
        self.assertEqual(fingerprints(elsewhere / "again"), fingerprints(self.folder / "out"))

    def test_it_steps_to_a_time_as_fast_as_it_can(self):
        session = self.session()
        session.until("state", "held")
        session.send(do="step", until="12300ms")
        self.assertEqual(session.until("state", "held")["at"], 12_300_000)
        session.send(do="step", until="12300ms")
        self.assertEqual(session.until("refused")["refused"][0]["pointer"], "/until", "it is over")
        session.end()

    def test_what_cannot_be_done_is_refused_and_does_nothing(self):
        session = self.session()
        for command, pointer in (({"do": "fly"}, "/do"), ({"do": "run", "factor": 2}, "/factor"), ({"do": "speed"}, ""),
                                 ({"do": "act", "entry": {"fault": "pod-kill", "target": "Deployment/wbe"}}, "/target"),
                                 ({"do": "act", "entry": {"apply": ["x.yaml"]}}, "/apply/0")):
            session.send(**command)
            self.assertEqual([p["pointer"] for p in session.until("refused")["refused"]], [pointer], command)
        session.client.sendall(b"not json\n")
        session.until("refused")
        self.assertEqual(json.loads((self.folder / "out/session.json").read_text())["timeline"], [])
        session.end()

    def test_lines_are_bounded_and_one_has_the_run_in_hand(self):
        session = self.session()
        session.until("state", "held")
        other = session.another()
        self.addCleanup(other.close)
        self.assertIn(b"somebody else", other.recv(1000))
        session.client.sendall(b'{"do": "' + b"x" * 70_000)
        self.assertIn("65536", session.until("refused")["refused"])
        self.assertIsNone(session.answer(), "and is let go")
        # Nobody has it in hand any more: it comes to its end.
        session.end()
        self.assertTrue((self.folder / "out/summary.json").exists())

    def test_the_socket_of_a_killed_run_is_taken_over_and_no_other(self):
        first = self.session()
        again = subprocess.run([ORRERY, "run", TWO_PODS, "--seeds", "3", "--record", self.folder / "b.orrery", "--control",
                                first.socket_path, "--out", self.folder / "b"], capture_output=True, text=True)
        self.assertEqual(again.returncode, 2)
        self.assertIn("Address already in use", again.stderr)
        first.process.kill()
        first.process.communicate()
        self.assertTrue(first.socket_path.exists())
        second = Session(self.folder)
        self.addCleanup(second.process.kill)
        for _ in range(600):
            try:
                second.client = second.another()
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        second.until("state", "held")
        first.socket_path.unlink()
        first.socket_path.write_text("a file of somebody's")
        kept = subprocess.run([ORRERY, "run", TWO_PODS, "--seeds", "3", "--record", self.folder / "c.orrery", "--control",
                               first.socket_path, "--out", self.folder / "c"], capture_output=True, text=True)
        self.assertEqual((kept.returncode, first.socket_path.read_text()), (2, "a file of somebody's"))

    def test_what_it_needs_is_said_before_the_run(self):
        for more in ([], ["--record", self.folder / "r", "--set", "/warmup=1s"]):
            done = subprocess.run([ORRERY, "run", TWO_PODS, "--seeds", "3", "--control", self.folder / "s", "--out",
                                   self.folder / "out", *more], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("--control", done.stderr)


if __name__ == "__main__":
    unittest.main()
