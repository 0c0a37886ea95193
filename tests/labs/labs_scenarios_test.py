#!/usr/bin/env python3
"""Runs every lab: labs/*/*.json must pass on each seed by itself, labs/*/wrong/*.json must fail on
each; every lab has a README that names all of its scenarios; what stands in secrets.txt of a
lab stands in no output of its runs.

Usage: labs_scenarios_test.py ORRERY SEED_COUNT [LAB...]; in the root of the repository.
"""
import pathlib
import subprocess
import sys
import tempfile

PASSED, FAILED = 0, 1


def run(orrery, scenario, seed, out):
    command = [orrery, "run", str(scenario), "--seeds", str(seed), "--jobs", "1", "--out", out]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def leaks_in(out, text, secrets):
    """What stands in `secrets` and in an output of a run."""
    texts = {str(p): p.read_text(encoding="utf-8", errors="replace")
             for p in sorted(pathlib.Path(out).rglob("*")) if p.is_file()}
    texts["the terminal"] = text
    return [f"{name} holds {secret}" for name, content in texts.items() for secret in secrets
            if secret in content]


def problems_of_readme(lab, scenarios):
    readme = lab / "README.md"
    if not readme.is_file():
        return [f"{lab}: no README.md"]
    text = readme.read_text(encoding="utf-8")
    return [f"{readme}: does not name {s.name}" for s in scenarios if s.name not in text]


def main():
    orrery, seeds = sys.argv[1], range(1, int(sys.argv[2]) + 1)
    labs = sorted(p for p in pathlib.Path("labs").iterdir() if p.is_dir() and p.name != "parts")
    if len(sys.argv) > 3:
        labs = [lab for lab in labs if lab.name in sys.argv[3:]]
    problems = []
    count = 0
    for lab in labs:
        right = sorted(lab.glob("*.json"))
        wrong = sorted(lab.glob("wrong/*.json"))
        listed = lab / "secrets.txt"
        secrets = listed.read_text(encoding="utf-8").split() if listed.is_file() else []
        if not right:
            problems.append(f"{lab}: no scenario")
        problems += problems_of_readme(lab, right)
        for scenario in right + wrong:
            wanted = FAILED if scenario in wrong else PASSED
            for seed in seeds:
                with tempfile.TemporaryDirectory() as out:
                    done = run(orrery, scenario, seed, out)
                    problems += leaks_in(out, done.stdout + done.stderr, secrets)
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
