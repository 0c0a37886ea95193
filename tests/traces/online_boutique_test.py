#!/usr/bin/env python3
"""Online Boutique as it was measured, and as it is played: what faults in one service do to all pages.

Usage: online_boutique_test.py ORRERY       The traces are found through ORRERY_TEST_DATA.

The scenario is made by online_boutique.py from files without a fault. The faults are those of the list that
comes with the traces: a service that is called over a slow network, one whose container shares its quota
with a busy thread for each core of its node (contention), or with one (consumed). The list's faults in
code end requests instead of delaying them, and are left out.
"""
import csv
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import unittest
from collections import defaultdict
from pathlib import Path

import online_boutique
from online_boutique import CORES, FAULT_FREE, Measured, quantile, read_requests, scenario, services, spearman

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ORRERY_TEST_DATA", ROOT.parent / "shared/data"))
TRACES = DATA / "traces/online-boutique"
MANIFESTS = DATA / "manifests/online-boutique/kubernetes-manifests"
ORRERY = sys.argv.pop(1)
CONTENDED_CART = "fault_2022-08-23_12-45_trace.csv.gz"
DAYS = "2022-08-22", "2022-08-23"
NO_SERVICE = "kustomization", "loadgenerator"
# Of a call over the slow network: the fault's own figure.
DELAY = "200ms"
NEW_YEAR = 1_704_067_200  # When a run begins whose scenario does not say it.


def fault_at(measured, service, kind, start="2min", lasts="3min"):
    fault = {"id": "fault", "at": start, "for": lasts}
    if kind == "network_delay":
        # Not what a service says to itself.
        callers = ["clients"] + [f"Service/{name}" for name in services(measured) if name != service]
        return {**fault, "fault": "network-delay", "from": callers, "to": f"Service/{service}", "delay": DELAY}
    threads = CORES if kind == "cpu_contention" else 1
    return {**fault, "fault": "cpu-stress", "target": f"Deployment/{service}", "threads": threads}


def spans_of(played, seed):
    """Every call of the scenario, in seconds and milliseconds, by the run's recording."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "scenario.json").write_text(json.dumps(played))
        run = subprocess.run(
            [ORRERY, "run", folder / "scenario.json", "--seeds", str(seed), "--record", folder / "run.orrery",
             "--record-traces", "100000", "--out", folder / "out"], capture_output=True, text=True)
        if run.returncode != 0:
            raise AssertionError(run.stdout + run.stderr)
        subprocess.run([ORRERY, "export", folder / "run.orrery", "--format", "zipkin", "-o", folder / "spans.json"],
                       check=True, capture_output=True)
        spans = json.loads((folder / "spans.json").read_text())
    for span in spans:
        yield span["timestamp"] / 1e6 - NEW_YEAR, span.get("duration", 0) / 1e3, span


def damage_played(measured, manifests, service, kind):
    """By what the median page time is multiplied in the worst of three minutes."""
    played = scenario(measured, manifests, f"{kind} at {service}", 5, [fault_at(measured, service, kind)])
    pages = [(start + ms / 1000, ms) for start, ms, span in spans_of(played, 1) if "parentId" not in span]

    def median(begin):
        ended = [ms for end, ms in pages if begin <= end < begin + 60]
        return statistics.median(ended) if ended else 60_000

    return max(median(120), median(180), median(240)) / median(60)


def damage_measured():
    """The same of each fault of the list, by service and kind: against the five minutes before it."""
    damage = defaultdict(list)
    for day in DAYS:
        with open(TRACES / f"front-service_{day}.csv") as text:
            minutes = [(int(row["TimeStamp"]), float(row["LatencyP50(s)"])) for row in csv.DictReader(text)
                       if row["LatencyP50(s)"] not in ("", "NaN")]
        for faults in json.loads((TRACES / f"fault-list_{day}.json").read_text()).values():
            for fault in faults:
                if fault["inject_type"] not in ("cpu_contention", "cpu_consumed", "network_delay"):
                    continue
                at = int(fault["inject_timestamp"])
                before = [p50 for minute, p50 in minutes if at - 300 <= minute < at]
                during = [p50 for minute, p50 in minutes if at < minute <= at + 180]
                service = fault["inject_pod"].rsplit("-", 2)[0]
                damage[service, fault["inject_type"]].append(max(during) / statistics.median(before))
    return damage


def geometric_mean(values):
    return math.exp(statistics.mean(math.log(value) for value in values))


class OnlineBoutiqueTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for folder in TRACES, MANIFESTS:
            if not folder.is_dir():
                raise unittest.SkipTest(f"{folder} is missing: set ORRERY_TEST_DATA")
        cls.measured = Measured(read_requests(TRACES, FAULT_FREE))
        cls.manifests = sorted(file for file in MANIFESTS.glob("*.yaml") if file.stem not in NO_SERVICE)

    def test_pages_take_as_long_as_they_did(self):
        played = scenario(self.measured, self.manifests, "without a fault", 6)
        pages = [ms for _, ms, span in spans_of(played, 1) if "parentId" not in span]
        measured = [root.ms for roots in self.measured.pages.values() for root in roots]
        for share in 0.5, 0.9:
            self.assertAlmostEqual(quantile(pages, share) / quantile(measured, share), 1, delta=0.4)

    def test_a_contended_cart_waits_for_whole_periods(self):
        spans = [span for root in read_requests(TRACES, CONTENDED_CART) for span in (root, *root.below())]
        begin = min(span.start for span in spans)
        carts = [span for span in spans if (span.service, span.operation) == ("cartservice", "GetCart")]
        felt_after = (min(span.start for span in carts if span.ms > 50) - begin) / 1e9
        contention = fault_at(self.measured, "cartservice", "cpu_contention", f"{120 + felt_after:.3f}s", "2min")
        played = scenario(self.measured, self.manifests, "a contended cart", 4, [contention])
        for seed in range(1, 6):
            with self.subTest(seed=seed):
                took = [(start, ms) for start, ms, span in spans_of(played, seed)
                        if span["name"] == online_boutique.inner("GetCart")]
                before = [ms for start, ms in took if 60 <= start < 120]
                during = [ms for start, ms in took if 120 <= start < 180]
                print(f"seed {seed}: p50 {quantile(before, 0.5):.2f} -> {quantile(during, 0.5):.2f} ms, p95 "
                      f"{quantile(during, 0.95):.2f} ms, p99 {quantile(during, 0.99):.2f} ms", file=sys.stderr)
                self.assertAlmostEqual(quantile(during, 0.5) / quantile(before, 0.5), 1, delta=0.2)
                self.assertAlmostEqual(quantile(during, 0.99), 100, delta=5)
                self.assertLess(quantile(before, 0.99), 10)

    def test_faults_do_harm_in_the_order_in_which_they_did(self):
        harm = damage_measured()
        by_service = defaultdict(lambda: ([], []))
        for (service, kind), ratios in sorted(harm.items()):
            measured, played = by_service[service]
            measured.append(geometric_mean(ratios))
            played.append(damage_played(self.measured, self.manifests, service, kind))
            print(f"{service:22} {kind:15} x {measured[-1]:.2f} measured, x {played[-1]:.2f} played", file=sys.stderr)
        both = [[geometric_mean(kinds) for kinds in pair] for pair in by_service.values()]
        for service, (measured, played) in zip(by_service, both):
            print(f"{service:22} x {measured:.2f} measured, x {played:.2f} played", file=sys.stderr)
        agreement = spearman(*zip(*both))
        print(f"Spearman {agreement:.3f} over {len(both)} services", file=sys.stderr)
        self.assertEqual(len(both), 10)
        self.assertGreaterEqual(agreement, 0.8)


if __name__ == "__main__":
    unittest.main()
