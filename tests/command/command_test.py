#!/usr/bin/env python3
"""The `orrery` command from outside: exit statuses, files, standard input, and published manifests.

Usage: command_test.py ORRERY       Published manifests are found through ORRERY_TEST_DATA.
"""
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ORRERY_TEST_DATA", ROOT.parent / "shared/data")) / "manifests"
ORRERY = str(Path(sys.argv.pop(1)).resolve())
TWO_PODS = ROOT / "scenarios/live/two-pods.json"
ZIPKIN_FOR_GO = Path("/usr/share/gocode/src/github.com/openzipkin/zipkin-go/model")
PUBLISHED = {
    "Online Boutique": "online-boutique/release/kubernetes-manifests.yaml",
    "Bookinfo": "bookinfo/platform/kube/bookinfo.yaml",
    "guestbook": "guestbook/guestbook/all-in-one/guestbook-all-in-one.yaml",
}


def orrery(*arguments, stdin="", cwd=None):
    return subprocess.run([ORRERY, *map(str, arguments)], input=stdin, capture_output=True, text=True, cwd=cwd)


def sqlite_count(file):
    """How many runs the file holds; 0 while it is being made."""
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM run").fetchone()[0]
    except sqlite3.Error:
        return 0


def python_with_schemas():
    """An interpreter that has the libraries of Debian's packages; this one if there is none."""
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            if subprocess.run([python, "-c", "import jsonschema, google.protobuf"], capture_output=True).returncode == 0:
                return python
        except OSError:
            pass
    return sys.executable


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.addCleanup(self.temporary.cleanup)

    def variant(self, **changes):
        """The two pods with other keys at the top, as plain JSON beside nothing else."""
        lines = [l for l in TWO_PODS.read_text().splitlines() if not l.lstrip().startswith("//")]
        scenario = json.loads("\n".join(lines))
        scenario["manifests"] = [str(TWO_PODS.parent / "manifests")]
        del scenario["$schema"]
        scenario.update(changes)
        file = self.folder / "scenario.json"
        file.write_text(json.dumps(scenario))
        return file

    def test_a_program_of_the_scenario_stands_in_the_summary_and_ends_the_run_with_2_if_it_breaks(self):
        folder, out = self.folder / "own", self.folder / "out"
        shutil.copytree(ROOT / "scenarios/external-autoscaler", folder)
        arguments = ["run", folder / "load-step.json", "--set", "duration=60s", "--seeds", "1..2", "--out", out,
                     "--set", "autoscalers.web.timeout=10min", "--set", 'load=[{"poisson": "20/s"}]',
                     "--set", 'expect=[{"id": "u", "journey": "visit", "success": ">= 1%"}]']
        run = orrery(*arguments)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        digest = hashlib.sha256((folder / "hpa.py").read_bytes()).hexdigest()
        self.assertEqual(json.loads((out / "summary.json").read_text())["programs"],
                         [{"title": "autoscaler default/web", "exec": ["python3", "hpa.py"],
                           "sha256": {"hpa.py": digest}}])
        (folder / "hpa.py").write_text("import sys\nsys.exit('out of ideas')\n")
        run = orrery(*arguments)
        self.assertEqual(run.returncode, 2, run.stdout + run.stderr)
        for part in ("the run of seed ", "ended with exit status 1", "out of ideas"):
            self.assertIn(part, run.stderr)
        self.assertEqual(orrery(*arguments, "--world", "containerd").returncode, 2)

    def test_the_same_run_is_the_same_bytes_wherever_it_is_started_and_wherever_its_folder_lies(self):
        shutil.copytree(ROOT / "scenarios/topics", self.folder / "topics")
        shutil.copytree(ROOT / "scenarios/topics", self.folder / "deep/below")
        recordings = set()
        places = ((ROOT, "scenarios/topics"), (ROOT / "scenarios/topics", "."), (self.folder, "topics"),
                  (self.folder, self.folder / "deep/below"), (self.folder / "deep", "../topics"))
        for start, folder in places:
            kept = self.folder / "kept"
            done = orrery("run", f"{folder}/half-the-mailers.json", "--set", "duration=200s", "--set", "expect=[]", "--seeds", "1", "--out",
                          self.folder / "out", "--record", kept, cwd=start)
            self.assertNotEqual(done.returncode, 2, done.stdout + done.stderr)
            recordings.add(hashlib.sha256(kept.read_bytes()).hexdigest())
        self.assertEqual(len(recordings), 1, "of %d places" % len(places))

    def test_lag_and_what_policies_did_are_in_every_table(self):
        for file, kind, table, figure, least in (
                ("topics/half-the-mailers.json", "group", "consumer_group", "lag", 2400),
                ("network-faults/with-retries.json", "policies", "policy", "retries", 1),
                ("metastable/answer-breaker.json", "policies", "policy", "breaker_rejections", 1),
                ("../labs/l16-envoy/one-bad-pod.json", "policies", "policy", "kept_out", 1)):
            kept = self.folder / "r.orrery"
            done = orrery("run", ROOT / "scenarios" / file, "--out", self.folder / "out", "--record", kept, "--seeds", "1")
            self.assertNotEqual(done.returncode, 2, done.stdout + done.stderr)

            def text(name):
                return orrery("export", kept, "--format", name).stdout.splitlines()

            lines = [l for l in map(json.loads, text("jsonl")) if l["type"] == kind and figure in l]
            values = [l[figure] for l in lines]
            self.assertGreaterEqual(max(values), least)
            rows = [r.split(",") for r in text("csv-long")]
            self.assertEqual([int(r[6]) for r in rows if r[1] == kind and r[4] == figure], values)
            database = self.folder / (figure + ".db")
            self.assertEqual(orrery("export", kept, "--format", "sqlite", "-o", database).returncode, 0)
            with sqlite3.connect(database) as db:
                kept_values = db.execute(f"SELECT {figure} FROM {table} WHERE {figure} > 0 ORDER BY rowid").fetchall()
            self.assertEqual([v for (v,) in kept_values], values)
            counter = figure not in ("lag", "kept_out")
            points = [l for l in text("prometheus") if l.startswith(f"orrery_{kind}_{figure}")]
            last = sum(values) if counter else max(values)
            self.assertEqual(max(int(p.split()[-2]) for p in points), last)

    def test_which_pods_are_kept_out_is_in_every_table_that_has_names(self):
        kept, database = self.folder / "r.orrery", self.folder / "r.db"
        done = orrery("run", ROOT / "labs/l16-envoy/one-bad-pod.json", "--set", "duration=120s", "--set", "expect=[]", "--set",
                      "timeline[0].for=100s", "--out", self.folder / "out", "--record", kept, "--seeds", "1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = [json.loads(l) for l in orrery("export", kept, "--format", "jsonl").stdout.splitlines()]
        out = {(l["at"], l["pod"], l["callers"]) for l in lines if l["type"] == "keptOut"}
        self.assertEqual({l["at"] for l in lines if l["type"] == "policies" and "kept_out" in l}, {at for at, _, _ in out})
        self.assertEqual(len({pod for _, pod, _ in out}), 1, "one of ten is ill")
        self.assertGreaterEqual(len(out), 90, "of a hundred seconds")
        self.assertEqual({callers for _, _, callers in out}, {1})
        rows = [r.split(",") for r in orrery("export", kept, "--format", "csv-long").stdout.splitlines()]
        self.assertEqual({(int(r[0]), r[3], int(r[6])) for r in rows if r[1] == "pod" and r[4] == "kept_out_by"}, out)
        self.assertEqual(orrery("export", kept, "--format", "sqlite", "-o", database).returncode, 0)
        with sqlite3.connect(database) as db:
            self.assertEqual(set(db.execute("SELECT second, pod, callers FROM kept_out")), out)

    def test_a_recording_is_exported_to_what_other_programs_read(self):
        run, bare, kept = self.folder / "run", self.folder / "bare", self.folder / "r.orrery"
        self.assertEqual(orrery("run", self.variant(), "--seeds", "2", "--out", bare).returncode, 0)
        done = orrery("run", self.variant(), "--seeds", "2", "--out", run, "--record", kept)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for name in ("summary.json", "events.jsonl"):
            self.assertEqual((run / name).read_bytes(), (bare / name).read_bytes(), name)

        def export(name, *more):
            file = self.folder / name
            done = orrery("export", kept, "--format", name, "-o", file, *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            return file

        schemas = Path(__file__).with_name("trace_schemas.py")
        for name in ("zipkin", "jaeger", "otlp"):
            checked = subprocess.run([python_with_schemas(), schemas, name, export(name)], capture_output=True, text=True)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
            sys.stderr.write(checked.stderr)
        spans = json.loads(export("zipkin").read_text())
        new_year = 1_704_067_200  # The start of a run whose scenario does not say when it is.
        self.assertTrue(all(0 <= s["timestamp"] / 1e6 - new_year < 60 for s in spans))
        if shutil.which("go") and ZIPKIN_FOR_GO.exists():
            go = dict(os.environ, GOPATH="/usr/share/gocode", GO111MODULE="off", GOCACHE=str(self.folder / "go"))
            read = subprocess.run(["go", "run", Path(__file__).with_name("read_zipkin.go"), self.folder / "zipkin"],
                                  capture_output=True, text=True, env=go)
            self.assertEqual(read.stdout.split(), [str(len(spans)), str(len({s["traceId"] for s in spans}))], read.stderr)
        else:
            print("SKIPPED: without golang-go and golang-github-openzipkin-zipkin-go-dev nobody else read Zipkin's format",
                  file=sys.stderr)
        slowest = ("--traces", "slowest:3")
        self.assertEqual(len({s["traceId"] for s in json.loads(export("zipkin", *slowest).read_text())}), 3)
        self.assertEqual(len(json.loads(export("jaeger", *slowest).read_text())["data"]), 3)
        self.assertEqual(len([json.loads(l) for l in export("otlp", *slowest).read_text().splitlines()]), 3)
        events = json.loads(export("perfetto", *slowest).read_text())["traceEvents"]
        self.assertEqual([e["ph"] for e in events].count("b"), [e["ph"] for e in events].count("e"))
        log = [json.loads(l) for l in (run / "events.jsonl").read_text().splitlines()]
        lines = [json.loads(l) for l in export("jsonl").read_text().splitlines()]
        self.assertEqual(len([l for l in lines if l["type"] == "event"]), len(log))
        digests = {}
        for settings in ((), (), ("--set", "load[0].poisson=21/s")):
            done = orrery("run", self.variant(), "--seeds", "2", "--out", run, "--record", kept, *settings)
            self.assertNotEqual(done.returncode, 2, done.stdout + done.stderr)
            line = json.loads(export("jsonl").read_text().splitlines()[0])
            digests.setdefault(line["digest"], []).append(settings)
        self.assertEqual([len(runs) for runs in digests.values()], [2, 1], "equal where the runs are: %s" % digests)
        with sqlite3.connect(export("sqlite")) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM event").fetchone()[0], len(log))
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")
        self.assertTrue(export("csv-long").read_text().startswith("second,of,from,name,figure,unit,value\n"))
        metrics = export("prometheus")
        self.assertTrue(metrics.read_text().endswith("# EOF\n"))
        if shutil.which("promtool"):
            subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", metrics, self.folder / "db"],
                           check=True, capture_output=True)
        else:
            print("SKIPPED: promtool is not installed, so OpenMetrics was read by nobody else", file=sys.stderr)

        cut = self.folder / "cut"
        for name in ("zipkin", "jaeger", "perfetto"):
            done = orrery("export", kept, "--format", name, "--max-bytes", 20000, "-o", cut)
            self.assertIn("--max-bytes", done.stderr)
            self.assertLessEqual(cut.stat().st_size, 20000)
            json.loads(cut.read_text())
        self.assertEqual(orrery("run", self.variant(), "--seeds", "1..2", "--record", kept).returncode, 2)
        self.assertEqual(orrery("export", kept, "--traces", "slowest:0").returncode, 2)
        (self.folder / "other").write_text("something else")
        other = orrery("export", self.folder / "other")
        self.assertEqual(other.returncode, 2)
        self.assertIn("neither a recording nor the results of a sweep", other.stderr)

    def test_a_run_that_passes_leaves_its_files_and_exits_with_0(self):
        run = orrery("run", self.variant(), "--seeds", "1..3", "--out", self.folder / "out")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("PASS", run.stdout)
        self.assertNotIn("\x1b", run.stdout)
        self.assertTrue(run.stdout.isascii())
        summary = json.loads((self.folder / "out/summary.json").read_text())
        for key in ("format", "modelVersion", "scenario", "profile", "seeds", "fingerprints", "verdict",
                    "expectations", "services", "deployments", "faults", "inputs"):
            self.assertIn(key, summary)
        self.assertEqual(summary["verdict"], "pass")
        self.assertEqual(len(set(summary["fingerprints"])), 3)
        self.assertEqual(set(summary["services"]["default/web"]["latencyMs"]),
                         {"mean", "p50", "p90", "p95", "p99", "p999", "max"})
        self.assertEqual(set(summary["deployments"]["default/web"]),
                         {"rolloutSeconds", "minAvailable", "maxTotal"})
        self.assertGreater(json.loads((self.folder / "out/timing.json").read_text())["eventsPerSecond"], 0)
        for line in (self.folder / "out/events.jsonl").read_text().splitlines():
            json.loads(line)
        report = (self.folder / "out/report.html").read_text()
        self.assertNotIn("http://", report.split("<script>")[0])  # It opens without a network.

    def test_a_broken_expectation_exits_with_1(self):
        file = self.variant(expect=[{"id": "tail", "service": "web", "p50": "< 1ms"}])
        self.assertEqual(orrery("run", file, "--out", self.folder / "out").returncode, 1)

    def test_too_few_requests_exit_with_3(self):
        file = self.variant(expect=[{"id": "many", "service": "web", "success": ">= 1%",
                                     "minRequests": 1000000}])
        run = orrery("run", file, "--out", self.folder / "out")
        self.assertEqual(run.returncode, 3, run.stdout + run.stderr)

    def test_a_fault_that_hits_nothing_exits_with_3_and_says_so(self):
        # The second kill finds only what the first one left: a container that has just died.
        kill = {"fault": "container-kill", "target": "Deployment/web", "count": 2}
        file = self.variant(timeline=[{"id": "first", "at": "6s", **kill},
                                      {"id": "kill", "at": "6001ms", **kill}],
                            expect=[{"id": "any", "service": "web", "success": ">= 1%"}],
                            images={"localhost/orrery-workload:1": {"start": "2ms"}}, provenance={})
        run = orrery("run", file, "--out", self.folder / "out")
        self.assertEqual(run.returncode, 3, run.stdout + run.stderr)
        self.assertIn("kill hit nothing", run.stdout)

    def test_bad_input_exits_with_2_names_everything_and_leaves_nothing(self):
        file = self.variant(duration="soon", profile="kubernetes-9")
        run = orrery("run", file, "--out", self.folder / "out")
        self.assertEqual(run.returncode, 2)
        self.assertIn("/duration", run.stderr)
        self.assertIn("/profile", run.stderr)
        self.assertFalse((self.folder / "out").exists())
        for arguments in (["run"], ["run", "no-such-file"], ["nonsense"],
                          ["run", self.variant(), "--seeds", "5..1"], ["replay", file]):
            self.assertEqual(orrery(*arguments).returncode, 2, arguments)

    def test_a_word_no_command_takes_is_named_with_what_may_have_been_meant(self):
        for arguments, expected in (
            (("runn", "x"), 'orrery: "runn" is not expected (did you mean "run"?)\norrery: "x" is not expected\n'),
            (("run", TWO_PODS, "--seed", "3"), 'orrery run: "--seed" is not expected (did you mean "--seeds"?)\n'),
            (("run",), "orrery run: scenario is required\n"),
        ):
            said = orrery(*arguments)
            self.assertEqual(said.returncode, 2)
            self.assertIn(expected, said.stderr)

    def test_what_live_hosts_cannot_do_is_named_by_check_and_not_run(self):
        scenario = self.variant(
            cluster={"nodes": 2, "nodeGroups": {"pool": {"max": 2}}, "node": {"diskSize": "9Gi", "reserved": {"cpu": 1}}},
            metrics={"jobs": {"external": 3}}, expect=[], images={}, provenance={},
            timeline=[{"id": "slow", "at": "20s", "fault": "api-slow", "delay": "100ms", "for": "10s"}])
        self.assertEqual(orrery("check", scenario).returncode, 0)
        for command in (["check"], ["run", "--out", self.folder / "out"]):
            live = orrery(*command, scenario, "--world", "containerd")
            self.assertEqual(live.returncode, 2, live.stdout)
            self.assertIn("/cluster/nodeGroups/pool: expected what live hosts can do; found nodes that a cloud would "
                          "have to start (run it with --world sim, or write its nodes into \"nodes\")", live.stderr)
            self.assertIn("/metrics/jobs", live.stderr)
            self.assertIn("timeline entry slow", live.stderr)
            self.assertIn("node node-1 with diskSize, reserved (a live host has what it has", live.stderr)
            self.assertIn("5 problems", live.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_why_leads_from_failed_requests_to_the_fault(self):
        file = self.variant(timeline=[{"id": "kill", "at": "10s", "fault": "container-kill", "target": "Deployment/web", "count": 2}],
                            expect=[{"id": "any", "service": "web", "success": ">= 1%"}], provenance={}, images={})
        run = orrery("run", file, "--out", self.folder / "out")
        self.assertIn(" failed requests, ", run.stdout)
        self.assertIn(": container-kill of Deployment/default/web (kill) > default/web", run.stdout)
        why = orrery("why", self.folder / "out")
        self.assertEqual(why.returncode, 0, why.stderr)
        self.assertRegex(why.stdout, r"0:10.000  fault +Deployment/default/web +kill: container-kill")
        self.assertIn("calls from users: no-endpoints", why.stdout)
        self.assertEqual(orrery("why", self.folder / "out", "--what", "web").stdout.count("container-kill of"), 1)
        self.assertIn("No request of users failed at 0:05", orrery("why", self.folder / "out", "--at", "5s").stdout)
        for arguments, said in ((["--what", "wep"], "did you mean"), (["--at", "soon"], "such as 90s"),
                                (["--at", "2h"], "the run is over after 40s; found 2h"),
                                (["--seed", "99"], "was not run"), (["--seed", "1.5"], "--seed"),
                                (["--seed", "9" * 30], "was not run"), (["--seed", "-1"], "was not run")):
            wrong = orrery("why", self.folder / "out", *arguments)
            self.assertEqual(wrong.returncode, 2)
            self.assertIn(said, wrong.stderr)
        self.assertEqual(orrery("why", self.folder / "nowhere").returncode, 2)

    def test_manifests_come_through_standard_input(self):
        text = (ROOT / "scenarios/live/manifests/web.yaml").read_text()
        self.assertEqual(orrery("check", "-", stdin=text).returncode, 0)
        self.assertEqual(orrery("check", "-", stdin=text.replace("replicas:", "replica:")).returncode, 2)
        draft = self.folder / "draft.json"
        self.assertEqual(orrery("init", "-", "-o", draft, stdin=text).returncode, 0)
        run = orrery("run", draft, "--out", self.folder / "out")
        self.assertIn(run.returncode, (0, 1, 3), run.stderr)

    def test_a_rendered_chart_is_checked_by_the_names_of_its_templates(self):
        text = "---\n# Source: shop/templates/web.yaml\n" + (ROOT / "scenarios/live/manifests/web.yaml").read_text()
        check = orrery("check", "-", stdin=text.replace("replicas:", "replica:"))
        self.assertEqual(check.returncode, 2)
        self.assertIn("shop/templates/web.yaml at -:", check.stderr)

    def test_junit_and_markdown_are_written_beside_the_verdict(self):
        run = orrery("run", self.variant(), "--out", self.folder / "out", "--junit", self.folder / "j.xml",
                     "--markdown", "-")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        suite = ElementTree.parse(self.folder / "j.xml").getroot()
        self.assertEqual(len(suite.findall(".//testcase")), 6)
        self.assertTrue(run.stdout.startswith("### Two pods"), run.stdout)
        self.assertIn("PASS", run.stderr)

    def test_set_changes_scenario_and_manifests_and_typos_are_named(self):
        run = orrery("run", self.variant(), "--out", self.folder / "out", "--set", "runs.seeds=7",
                     "--set", "Deployment/web:spec.replicas=3")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        summary = json.loads((self.folder / "out/summary.json").read_text())
        self.assertEqual(summary["seeds"], [7])
        self.assertGreaterEqual(summary["deployments"]["default/web"]["maxTotal"], 3)
        typo = orrery("run", self.variant(), "--set", "warmpu=1s", "--out", self.folder / "no")
        self.assertEqual(typo.returncode, 2)
        self.assertIn('did you mean "warmup"?', typo.stderr)
        self.assertEqual(orrery("run", self.variant(), "--set", "warmup").returncode, 2)

    def test_a_scenario_elsewhere_finds_its_manifests_in_the_folder_that_is_named(self):
        edited = self.folder / "edited.json"
        edited.write_text(TWO_PODS.read_text())
        lost = orrery("check", edited)
        self.assertEqual(lost.returncode, 2)
        self.assertIn("manifests", lost.stderr)
        there = ["--folder", TWO_PODS.parent]
        self.assertEqual(orrery("check", edited, *there).returncode, 0)
        outs = []
        for name, arguments in (("own", [TWO_PODS]), ("edited", [edited, *there])):
            run = orrery("run", *arguments, "--seeds", "1", "--out", self.folder / name)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            outs.append(json.loads((self.folder / name / "summary.json").read_text())["fingerprints"])
        self.assertEqual(outs[0], outs[1])

    def test_compare_finds_no_difference_between_equals_and_exits_with_1_when_it_got_worse(self):
        same = orrery("compare", self.variant(), TWO_PODS, "--seeds", "1..2", "--out", self.folder / "a")
        self.assertEqual(same.returncode, 0, same.stdout + same.stderr)
        self.assertIn("the event logs of the first seed are equal", same.stdout)
        worse = orrery("compare", self.variant(), "--head-set", "services.web.operations.request.cpu=20ms",
                       "--seeds", "1..2", "--out", self.folder / "b")
        self.assertEqual(worse.returncode, 1, worse.stdout + worse.stderr)
        self.assertIn("worse", worse.stdout)
        told = json.loads((self.folder / "b/compare.json").read_text())
        self.assertTrue(told["regression"])
        self.assertIn("NOT WORSE", same.stdout)
        self.assertEqual(orrery("compare", self.variant()).returncode, 2)
        self.assertIn("orrery: --head-set: expected PATH=VALUE", orrery("compare", self.variant(), "--head-set", "x").stderr)

    def test_a_sweep_that_is_killed_goes_on_and_ends_as_if_it_had_not_been(self):
        if "without SQLite" in orrery("export", "x").stderr:
            self.skipTest("built without SQLite")
        scenario = self.variant(sweep={"grid": {"load[0].poisson": ["20/s", "40/s"]}})
        command = [ORRERY, "sweep", scenario, "--seeds", "1..6", "--jobs", "1"]
        whole = self.folder / "whole.db"
        self.assertEqual(subprocess.run([*command, "--results", whole], capture_output=True).returncode, 0)
        killed = self.folder / "killed.db"
        process = subprocess.Popen([*command, "--results", killed], stdout=subprocess.DEVNULL)
        while not killed.exists() or sqlite_count(killed) < 2:
            if process.poll() is not None:
                break
        process.kill()
        process.wait()
        self.assertEqual(subprocess.run([*command, "--results", killed], capture_output=True).returncode, 0)
        tables = [orrery("export", f, "--format", "csv-long").stdout for f in (whole, killed)]
        self.assertEqual(tables[0], tables[1])
        self.assertTrue(tables[0].startswith("point,seed,load[0].poisson,figure,unit,value\n"))
        other = orrery("sweep", scenario, "--set", "warmup=1s", "--results", killed)
        self.assertEqual(other.returncode, 2)
        self.assertIn("the sweep of something else", other.stderr)

    def test_nothing_is_written_over_what_is_read_or_over_another_result(self):
        file = self.variant()
        text = file.read_bytes()
        out, kept = self.folder / "out", self.folder / "r.orrery"
        link = self.folder / "link.xml"
        link.symlink_to(file)
        for arguments, said in ((["--junit", file], "is the file of the scenario as well"),
                                (["--junit", link], "is the file of the scenario as well"),
                                (["--markdown", out / "report.html"], "is the file of --out as well"),
                                (["--record", out / "../out/summary.json"], "is the file of --out as well"),
                                (["--junit", self.folder / "a", "--markdown", self.folder / "a"], "is the file of --junit as well"),
                                (["--junit", self.folder], "is a folder"),
                                (["--junit", self.folder / "no/j.xml"], "there is no folder"),
                                (["--junit", ""], "empty text"), (["--seeds", ""], "empty text")):
            done = orrery("run", file, *([] if "--seeds" in arguments else ["--seeds", "1"]), "--out", out, *arguments)
            self.assertEqual(done.returncode, 2, f"{arguments} {done.stdout}")
            self.assertIn(said, done.stderr)
            self.assertFalse((out / "summary.json").exists(), arguments)
            self.assertEqual(file.read_bytes(), text)
        self.assertEqual(orrery("run", file, "--seeds", "1", "--out", out, "--record", kept).returncode, 0)
        recording = kept.read_bytes()
        done = orrery("export", kept, "-o", kept)
        self.assertEqual((done.returncode, kept.read_bytes()), (2, recording))
        self.assertIn("is the file of what is exported as well", done.stderr)
        for name in ("csv-long", "prometheus"):
            done = orrery("export", kept, "--format", name, "--traces", "failed")
            self.assertEqual(done.returncode, 2, name)
            self.assertIn("has figures by the second, no requests", done.stderr)

    @unittest.skipUnless(Path("/dev/full").exists(), "needs a device that is always full")
    def test_output_that_nobody_can_read_is_no_success(self):
        for arguments in (["schema"], ["--help"], ["init", ROOT / "scenarios/live/manifests"],
                          ["check", TWO_PODS]):
            with open("/dev/full", "w") as full:
                done = subprocess.run([ORRERY, *map(str, arguments)], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("standard output could not be written", done.stderr)

    def test_files_that_say_nothing_pass_among_others_and_not_alone(self):
        folder = self.folder / "rendered"
        shutil.copytree(ROOT / "scenarios/live/manifests", folder)
        (folder / "off.yaml").write_text("\ufeff---\r\n# Source: shop/templates/off.yaml\n--- # and\n\n...\n")
        (folder / "zero.yaml").write_text("")
        self.assertEqual(orrery("check", folder).returncode, 0)
        for arguments, hint in (([folder / "off.yaml"], "all of it is comments"), ([folder / "zero.yaml"], "the file is empty"),
                                (["-"], "did the program before the pipe fail?")):
            alone = orrery("check", *arguments)
            self.assertEqual(alone.returncode, 2)
            self.assertIn("expected a scenario or manifests; found nothing", alone.stderr)
            self.assertIn(hint, alone.stderr)
            self.assertTrue(alone.stderr.endswith("1 problem\n"), alone.stderr)

    def test_no_part_of_a_folder_is_left_out_in_silence(self):
        folder = self.folder / "manifests"
        shutil.copytree(ROOT / "scenarios/live/manifests", folder)
        deep = folder.joinpath(*"abcdefghijklmnopq")
        deep.mkdir(parents=True)
        (deep / "more.yaml").write_text("kind: ConfigMap\n")
        done = orrery("check", folder)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("expected at most 16 folders inside one another", done.stderr)
        shutil.rmtree(folder / "a")
        (folder / ".#web.yaml").symlink_to("somebody@somewhere.1")
        (folder / "web2.yaml").symlink_to("nowhere.yaml")
        done = orrery("check", folder)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn(f'expected links that lead to a file; found "{folder}/web2.yaml"', done.stderr)
        self.assertNotIn("#web", done.stderr)
        (folder / "web2.yaml").unlink()
        locked = folder / "locked"
        locked.mkdir(mode=0)
        self.addCleanup(locked.chmod, 0o700)
        done = orrery("check", folder)
        if os.geteuid() == 0:
            self.assertEqual(done.returncode, 0, "nothing is locked for root")
        else:
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn("expected a folder that can be read", done.stderr)

    def test_a_sweep_names_all_that_is_wrong_with_its_parameters_and_leaves_no_file(self):
        if "without SQLite" in orrery("export", "x").stderr:
            self.skipTest("built without SQLite")
        results = self.folder / "s.db"
        done = orrery("sweep", self.variant(), "--results", results, "--grid", "warmup", "--grid", "load[0].poisson=20/s,30/s",
                      "--grid", "/load/0/poisson=40/s", "--zip", "duration=50s,60s", "--zip", "name=a")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr,
                         "orrery: --grid: expected PATH=VALUE,VALUE; found warmup (such as services.web.concurrency=4,8)\n"
                         "orrery: --zip: duration has 2 values and name has 1 (zipped parameters go in step)\n"
                         "orrery: expected every parameter once; found /load/0/poisson again"
                         " (the scenario's own \"sweep\" counts as well)\n")
        typo = orrery("sweep", self.variant(), "--results", results, "--grid", "warmpu=1s,2s")
        self.assertEqual(typo.returncode, 2)
        self.assertIn('did you mean "warmup"?', typo.stderr)
        self.assertFalse(results.exists())

    def test_pages_are_made_from_the_command_line_itself(self):
        self.assertEqual(json.loads(orrery("schema").stdout)["title"], "Orrery scenario")
        profiles = orrery("profile", "show")
        self.assertIn("controllers.node_lifecycle.monitor_grace", profiles.stdout)
        self.assertRegex(profiles.stdout, r"\* controllers.node_lifecycle.monitor_grace +40s +40s +50s")
        self.assertIn("nodefs.available<10%", profiles.stdout)
        self.assertLessEqual(max(len(line) for line in profiles.stdout.splitlines()), 180)
        self.assertEqual(orrery("profile", "show", "kubernetes-9").returncode, 2)
        page = orrery("man").stdout
        for word in (".SH EXIT STATUS", "orrery sweep", "\\-\\-junit"):
            self.assertIn(word, page)
        bash = orrery("completion", "bash").stdout
        check = subprocess.run(["bash", "-c", bash + "\nCOMP_WORDS=(orrery profile s); COMP_CWORD=2; _orrery;"
                                " echo ${COMPREPLY[@]}"], capture_output=True, text=True)
        self.assertEqual(check.stdout.strip(), "show", check.stderr)
        self.assertIn("#compdef orrery", orrery("completion", "zsh").stdout)

    def test_init_overwrites_nothing(self):
        draft = self.folder / "draft.json"
        draft.write_text("mine")
        self.assertEqual(orrery("init", ROOT / "scenarios/live/manifests", "-o", draft).returncode, 2)
        self.assertEqual(draft.read_text(), "mine")

    def test_published_manifests_are_checked_drafted_and_rolled_out_as_they_are(self):
        if not DATA.is_dir():
            self.skipTest(f"no published manifests in {DATA}; set ORRERY_TEST_DATA")
        for name, path in PUBLISHED.items():
            with self.subTest(name):
                check = orrery("check", DATA / path)
                self.assertEqual(check.returncode, 0, check.stderr)
                draft = self.folder / (name.replace(" ", "-") + ".json")
                self.assertEqual(orrery("init", DATA / path, "-o", draft).returncode, 0)
                run = orrery("run", draft, "--out", self.folder / name)
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
                rolled = [e for e in json.loads((self.folder / name / "summary.json").read_text())
                          ["expectations"] if e["id"] == "rolled"]
                self.assertEqual(rolled[0]["verdict"], "pass")


if __name__ == "__main__":
    unittest.main(verbosity=1)
