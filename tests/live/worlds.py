"""One scenario in one world, as the tests here run it."""
import json
import subprocess


def run(orrery, scenario, world, out, *options):
    """The exit status, and the summary if the run came to an end."""
    result = subprocess.run([orrery, "run", "--world", world, "--seeds", "1", scenario, "--out", out, *options],
                            capture_output=True, text=True)
    print(result.stdout + result.stderr)
    summary = json.loads((out / "summary.json").read_text()) if result.returncode in (0, 1, 3) else None
    return result.returncode, summary


def observed(summary, name):
    return next(e["observed"] for e in summary["expectations"] if e["id"] == name)


def replay(orrery, folder):
    """The records of a live run with its results in that folder, and whether they replay."""
    records = sorted((folder / "live/records").glob("*.jsonl"))
    result = subprocess.run([orrery, "replay", *records], capture_output=True, text=True)
    print(result.stdout + result.stderr)
    return records, result.returncode == 0
