#!/usr/bin/env python3
"""Runs the suite of all container runtimes against a containerd host, on a bed of its own.

Left out: AnImageIsThereOrCannotBeHadForAReason, which pulls an image that is there, because a bed has
no registry.

Usage: runtime_suite.py SUITE WORKLOAD
"""
import subprocess
import sys
from pathlib import Path

TESTBED = Path(__file__).resolve().parents[2] / "real-backend/testbed/testbed"


def main():
    suite, workload = sys.argv[1:]
    subprocess.run([TESTBED, "up", "1", "--workload", workload], check=True)
    try:
        run = subprocess.run([suite, "--gtest_filter=-*AnImageIsThereOrCannotBeHadForAReason"])
    finally:
        down = subprocess.run([TESTBED, "down"])
    sys.exit(1 if run.returncode or down.returncode else 0)


main()
