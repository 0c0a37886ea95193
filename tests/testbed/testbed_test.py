"""What of the test bed can be tested without a bed: names, records, image archives, refusals."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
import unittest.mock
from pathlib import Path

sys.dont_write_bytecode = True
SOURCES = os.path.abspath(sys.argv.pop(1))
sys.path.insert(0, SOURCES)

import down  # noqa: E402
import faults  # noqa: E402
import images  # noqa: E402
import process  # noqa: E402
from bed import Bed, BedError, Host  # noqa: E402


class Records(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)

    def test_a_bed_knows_its_hosts_from_its_record(self):
        bed = Bed(self.dir)
        self.assertEqual(bed.hosts(), [])
        bed.remember(2)
        self.assertEqual([host.name for host in bed.hosts()], ["h1", "h2"])
        self.assertEqual(bed.host("h2").pod_cidr, "10.91.2.0/24")
        for name in ("h3", "h1/x", "", "h01"):
            with self.assertRaises(BedError):
                bed.host(name)

    def test_down_also_looks_at_hosts_that_no_record_names(self):
        (self.dir / "h7").mkdir()
        (self.dir / "nosuch").mkdir()
        self.assertEqual([host.index for host in Bed(self.dir).leftover_hosts()], [7])

    # The cgroups of hosts are the machine's, and a bed may be up beside this test.
    @unittest.mock.patch.object(down, "pids_in_cgroups", lambda host: [])
    def test_a_bed_whose_processes_are_gone_is_told_from_one_that_runs(self):
        bed = Bed(self.dir)
        self.assertFalse(down.only_remains(bed))
        bed.remember(19)
        host = bed.host("h19")
        host.dir.mkdir()
        self.assertTrue(down.only_remains(bed))
        child = subprocess.Popen(["sleep", "100"])
        process.record_process(host.daemon_record, child.pid)
        self.assertFalse(down.only_remains(bed))
        process.end(child.pid, 5)
        child.wait()
        self.assertTrue(down.only_remains(bed))

    def test_a_folder_too_long_for_sockets_is_refused(self):
        with self.assertRaises(BedError):
            Bed(Path("/" + "x" * 100))

    def test_a_recorded_process_is_only_that_process(self):
        record = self.dir / "daemon.json"
        child = subprocess.Popen(["sleep", "100"])
        process.record_process(record, child.pid)
        self.assertEqual(process.recorded_process(record), child.pid)
        other = json.loads(record.read_text())
        other["startTime"] += 1  # A later process with the same number.
        record.write_text(json.dumps(other))
        self.assertIsNone(process.recorded_process(record))
        process.record_process(record, child.pid)
        process.end(child.pid, 5)
        child.wait()
        self.assertIsNone(process.recorded_process(record))
        for damaged in ("", "{", "[]", '{"pid": 1}'):
            record.write_text(damaged)
            self.assertIsNone(process.recorded_process(record))

    def test_the_first_process_is_never_signalled(self):
        for pid in (1, 0, -1):
            with self.assertRaises(BedError):
                process.send(pid, 0)

    def test_a_fault_without_a_bed_is_refused(self):
        for fault in faults.VERBS.values():
            with self.assertRaises(BedError):
                fault(Bed(self.dir), "h1")

    def test_shims_are_known_by_exactly_their_socket(self):
        socket = self.dir / "h1" / "containerd.sock"
        child = subprocess.Popen(
            ["/usr/bin/containerd-shim-runc-v2", "-c", "print(flush=True); input()",
             "-address", str(socket)],
            executable=sys.executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            child.stdout.readline()  # A process that has only just begun has no words yet.
            self.assertEqual(process.shims_of(socket), [child.pid])
            self.assertEqual(process.shims_of(self.dir / "h1" / "containerd.soc"), [])
            self.assertEqual(process.shims_of(self.dir / "h2" / "containerd.sock"), [])
        finally:
            child.communicate(b"\n")


class Images(unittest.TestCase):
    def test_an_archive_is_an_oci_layout_and_the_same_every_time(self):
        archive = images.image_archive("localhost/x:1", b"program", ["serve"], "1")
        self.assertEqual(archive, images.image_archive("localhost/x:1", b"program", ["serve"], "1"))
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            files = {entry.name: tar.extractfile(entry).read() for entry in tar}

        def blob(descriptor: dict) -> bytes:
            content = files["blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")]
            self.assertEqual(len(content), descriptor["size"])
            self.assertEqual("sha256:" + hashlib.sha256(content).hexdigest(), descriptor["digest"])
            return content

        [entry] = json.loads(files["index.json"])["manifests"]
        self.assertEqual(entry["annotations"], {"io.containerd.image.name": "localhost/x:1"})
        manifest = json.loads(blob(entry))
        config = json.loads(blob(manifest["config"]))
        self.assertEqual(config["config"]["Entrypoint"], ["/orrery-workload"])
        self.assertEqual(config["config"]["Env"], ["ORRERY_VERSION=1"])
        [layer] = manifest["layers"]
        self.assertEqual(config["rootfs"]["diff_ids"], [layer["digest"]])
        with tarfile.open(fileobj=io.BytesIO(blob(layer))) as tar:
            self.assertEqual([(e.name, e.mode) for e in tar], [("orrery-workload", 0o755)])


if __name__ == "__main__":
    unittest.main()
