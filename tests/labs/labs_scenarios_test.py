#!/usr/bin/env python3
"""Runs every lab: labs/*/*.json must pass on each of five seeds by itself, labs/*/wrong/*.json must
fail on each; every lab has a README that names all of its scenarios.

Usage: labs_scenarios_test.py ORRERY [LAB...]; in the root of the repository.
"""
import pathlib
import subprocess
import sys
import tempfile

SEEDS = range(1, 6)
PASSED, FAILED = 0, 1


def run(orrery, scenario, seed, out):
    command = [orrery, "run", str(scenario), "--seeds", str(seed), "--jobs", "1", "--out", out]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def problems_of_readme(lab, scenarios):
    readme = lab / "README.md"
    if not readme.is_file():
        return [f"{lab}: no README.md"]
    text = readme.read_text(encoding="utf-8")
    return [f"{readme}: does not name {s.name}" for s in scenarios if s.name not in text]


def main():
    orrery = sys.argv[1]
    labs = sorted(p for p in pathlib.Path("labs").iterdir() if p.is_dir() and p.name != "parts")
    if len(sys.argv) > 2:
        labs = [lab for lab in labs if lab.name in sys.argv[2:]]
    problems = []
    count = 0
    for lab in labs:
        right = sorted(lab.glob("*.json"))
        wrong = sorted(lab.glob("wrong/*.json"))
        if not right:
            problems.append(f"{lab}: no scenario")
        problems += problems_of_readme(lab, right)
        for scenario in right + wrong:
            wanted = FAILED if scenario in wrong else PASSED
            for seed in SEEDS:
                with tempfile.TemporaryDirectory() as out:
                    done = run(orrery, scenario, seed, out)
                count += 1
                if done.returncode != wanted:
                    problems.append(f"{scenario}, seed {seed}: exit {done.returncode}, not "
                                    f"{wanted}\n{done.stdout}{done.stderr}")
    for problem in problems:
        print(problem)
    print(f"{len(labs)} labs, {count} runs, {len(problems)} problems")
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
