#!/usr/bin/env python3
"""Every scenario of the repository keeps its own expectations, over several seeds, and is explained.

Usage: shipped_scenarios_test.py ORRERY [SEEDS [PART_OF_A_NAME]]

A scenario is a file below scenarios/ that has a name; files without one are parts that scenarios
include. Each has a section "### FOLDER/FILE" in scenarios/README.md: a paragraph and its command.
"""
import json
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "scenarios"
ORRERY = Path(sys.argv[1]).resolve()
SEEDS = sys.argv[2] if len(sys.argv) > 2 else "1..5"
PART = sys.argv[3] if len(sys.argv) > 3 else ""
WORDS_LEAST = 30


def read(file):
    """JSON with comments on lines of their own, as the scenarios of the repository have them."""
    lines = [line for line in file.read_text().splitlines() if not line.lstrip().startswith("//")]
    return json.loads("\n".join(lines))


def files():
    return sorted(f for f in SCENARIOS.glob("*/*.json") if f.parent.name != "schema")


def scenarios():
    return [f for f in files() if "name" in read(f)]


def called(file):
    return f"{file.parent.name}/{file.stem}"


def sections(text):
    """Of the README, by heading."""
    parts = re.split(r"^### +(.+?) *$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


class ShippedScenariosTest(unittest.TestCase):
    def test_each_keeps_its_expectations(self):
        chosen = [f for f in scenarios() if PART in called(f)]
        self.assertTrue(chosen, "scenarios there are")
        for file in chosen:
            with self.subTest(called(file)), tempfile.TemporaryDirectory() as out:
                start = time.monotonic()
                run = subprocess.run(
                    [ORRERY, "run", file.relative_to(ROOT), "--seeds", SEEDS, "--out", out],
                    cwd=ROOT, capture_output=True, text=True)
                print(f"{time.monotonic() - start:6.1f} s  {called(file)}", file=sys.stderr)
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
                verdicts = json.loads((Path(out) / "summary.json").read_text())["expectations"]
                self.assertTrue(verdicts, "a scenario expects something")
                self.assertEqual([e["id"] for e in verdicts if e["verdict"] != "pass"], [])

    def test_each_has_a_paragraph_and_its_command(self):
        explained = sections((SCENARIOS / "README.md").read_text())
        for file in scenarios():
            with self.subTest(called(file)):
                self.assertIn(called(file), explained)
                section = explained[called(file)]
                self.assertIn(f"orrery run scenarios/{called(file)}.json", section)
                prose = re.sub(r"^    .*$", "", section, flags=re.MULTILINE)
                self.assertGreaterEqual(len(prose.split()), WORDS_LEAST)

    def test_nothing_is_explained_that_is_not_there(self):
        explained = sections((SCENARIOS / "README.md").read_text())
        self.assertEqual(sorted(explained), sorted(called(f) for f in scenarios()))

    def test_each_says_at_its_head_what_it_shows(self):
        for file in files():
            with self.subTest(called(file)):
                self.assertTrue(file.read_text().startswith("// "))

    def test_each_part_is_included(self):
        included = {(f.parent / name).resolve() for f in files() for name in read(f).get("include", [])}
        for file in set(files()) - set(scenarios()):
            with self.subTest(called(file)):
                self.assertIn(file.resolve(), included)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
