"""The workload program as its users see it: over HTTP, by signals, and from the load's output."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM = ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """A running `serve` on a port of its own."""

    def __init__(self, *flags: str):
        self.port = free_port()
        self.process = subprocess.Popen([PROGRAM, "serve", f"--port={self.port}", *flags],
                                        env={"ORRERY_VERSION": "7"})

    def __enter__(self):
        while self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return self
            except ConnectionRefusedError:
                pass
        raise AssertionError("the service ended")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()


class TableServer:
    """Pushes the lines it is given to every client."""

    def __init__(self, folder: str, *lines: str):
        self.path = os.path.join(folder, "tables.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.lines = lines
        self.clients = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.clients.append(client)
            client.sendall("".join(line + "\n" for line in self.lines).encode())

    def close(self):
        for open_socket in [self.listener, *self.clients]:
            open_socket.close()


def table(version: int, *ports: int, service: str = "default/web") -> str:
    endpoints = [{"address": "127.0.0.1", "port": port, "pod": f"p{port}"} for port in ports]
    return json.dumps({"service": service, "portName": "", "servicePort": 80, "version": version,
                       "endpoints": endpoints, "later": {"unknown": [1]}})


class LoadCase(unittest.TestCase):
    def load(self, *lines: str, flags: tuple[str, ...] = ()) -> tuple[dict, list[dict]]:
        with tempfile.TemporaryDirectory() as folder:
            tables = TableServer(folder, *lines)
            out = os.path.join(folder, "out")
            defaults = {"rate": "200", "duration": "300ms", "seed": "3"}
            given = dict(flag[2:].split("=", 1) for flag in flags)
            arguments = [f"--{name}={value}" for name, value in {**defaults, **given}.items()]
            subprocess.run([PROGRAM, "load", *arguments, f"--endpoints=unix:{tables.path}",
                            "--service=default/web", f"--out={out}"], check=True, timeout=30)
            tables.close()
            with open(out) as lines_out:
                header, *lines = [json.loads(line) for line in lines_out]
            requests = sorted((line for line in lines if "n" in line), key=lambda line: line["n"])
            # Each was written when it was due as well.
            self.assertEqual([(line["due"], line["at"]) for line in lines if "due" in line],
                             [(request["n"], request["at"]) for request in requests])
            return header, requests

    def outcomes(self, requests: list[dict]) -> set[str]:
        return {request["outcome"] for request in requests}

    def test_sends_to_all_endpoints_of_the_newest_table(self):
        with Service() as first, Service() as second:
            _, requests = self.load(table(1, 1), table(3, first.port, second.port), table(2, 2))
        self.assertEqual(self.outcomes(requests), {"ok"})
        self.assertEqual({request["table"] for request in requests}, {3})
        self.assertEqual({request["endpoint"] for request in requests},
                         {f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"})
        self.assertEqual([request["n"] for request in requests], list(range(len(requests))))

    def test_every_repeat_has_the_same_arrivals_and_another_seed_others(self):
        def arrivals(*flags: str) -> list[int]:
            header, requests = self.load(table(1), flags=flags)
            return [request["at"] - header["start"] for request in requests]
        first = arrivals()
        self.assertGreater(len(first), 20)
        self.assertEqual(first, arrivals())
        self.assertNotEqual(first, arrivals("--seed=4"))
        self.assertNotEqual(first, arrivals("--load-index=1"))

    def test_names_each_outcome(self):
        with Service() as healthy, Service() as crashing, Service() as hanging:
            silent = threading.Thread(target=lambda: self.ignore(hanging, "/hang"), daemon=True)
            silent.start()
            cases = {
                "ok": (table(1, healthy.port), ()),
                "error": (table(1, healthy.port), ("--path=/nosuch",)),
                "reset": (table(1, crashing.port), ("--path=/crash", "--rate=10", "--seed=1")),
                "refused": (table(1, free_port()), ()),
                "no-endpoints": (table(1), ()),
                "timeout": (table(1, hanging.port), ("--path=/hang", "--timeout=20ms")),
            }
            for outcome, (line, flags) in cases.items():
                with self.subTest(outcome):
                    _, requests = self.load(line, flags=flags)
                    self.assertEqual(requests[0]["outcome"], outcome)
                    self.assertEqual("ok" == outcome, requests[0]["status"] == 200)

    def ignore(self, service: Service, path: str):
        try:
            service.get(path)
        except OSError:
            pass

    def test_skips_lines_that_are_no_table_and_tables_of_others(self):
        with Service() as service:
            _, requests = self.load("nonsense", table(9, service="default/other"),
                                    table(1, service.port))
        self.assertEqual(self.outcomes(requests), {"ok"})


class ServeCase(unittest.TestCase):
    def test_answers_health_version_and_unknown_paths(self):
        with Service() as service:
            self.assertEqual(service.get("/healthz"), (200, "ok\n"))
            self.assertEqual(service.get("/work"), (200, "7\n"))
            self.assertEqual(service.get("/nosuch")[0], 404)

    def test_keeps_a_connection_for_the_next_request(self):
        with Service() as service:
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
            with contextlib.closing(connection):
                connection.connect()
                first = connection.sock
                for _ in range(3):
                    connection.request("GET", "/work")
                    self.assertEqual(connection.getresponse().read(), b"7\n")
                    self.assertIs(connection.sock, first)

    def test_crash_ends_the_process_with_a_failure(self):
        with Service() as service:
            with self.assertRaises((ConnectionError, http.client.HTTPException)):
                service.get("/crash")
            self.assertEqual(service.process.wait(timeout=20), 1)

    def test_answers_503_beyond_the_queue(self):
        with Service("--concurrency=1", "--queue=1", "--service-time=300ms") as service:
            answers = []
            threads = [threading.Thread(target=lambda: answers.append(service.get("/work")[0]))
                       for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertGreaterEqual(answers.count(200), 2)
        self.assertGreaterEqual(answers.count(503), 1)

    def begin_slow_request(self, service: Service) -> socket.socket:
        while True:
            client = socket.create_connection(("127.0.0.1", service.port), timeout=20)
            self.addCleanup(client.close)
            client.sendall(b"GET /work HTTP/1.1\r\nHost: x\r\n\r\n")
            # Its work has begun if another request finds the only place taken. If that one was
            # first, or far too late: again.
            if service.get("/work")[0] == 503:
                return client

    def test_a_draining_service_finishes_what_it_accepted(self):
        with Service("--concurrency=1", "--queue=0", "--service-time=500ms", "--drain") as service:
            client = self.begin_slow_request(service)
            service.process.send_signal(signal.SIGTERM)
            self.assertTrue(client.recv(1000).startswith(b"HTTP/1.1 200"))
            self.assertEqual(service.process.wait(timeout=20), 0)
            with self.assertRaises(ConnectionRefusedError):
                service.get("/healthz")

    def test_a_service_that_does_not_drain_drops_what_it_accepted(self):
        with Service("--concurrency=1", "--queue=0", "--service-time=500ms") as service:
            client = self.begin_slow_request(service)
            service.process.send_signal(signal.SIGTERM)
            self.assertEqual(service.process.wait(timeout=20), 0)
            try:
                self.assertEqual(client.recv(1000), b"")
            except ConnectionResetError:
                pass

    def test_term_during_the_start_delay_ends_it(self):
        process = subprocess.Popen([PROGRAM, "serve", f"--port={free_port()}", "--start-delay=1h"])
        await_disposition(process, "SigCgt", signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=20), 0)


def await_disposition(process: subprocess.Popen, line_name: str, number: int):
    """Until the signal stands in that line of the process's status: SigCgt: caught, SigIgn: ignored."""
    mask = 0
    while not mask & (1 << (number - 1)):
        with open(f"/proc/{process.pid}/status") as lines:
            mask = next(int(line.split()[1], 16) for line in lines if line.startswith(line_name))


class ToolsCase(unittest.TestCase):
    def status(self, *arguments: str) -> int:
        return subprocess.run([PROGRAM, *arguments], stderr=subprocess.DEVNULL,
                              timeout=30).returncode

    def test_exit_codes(self):
        self.assertEqual(self.status("exec-true"), 0)
        self.assertEqual(self.status("sleep", "--for=1ms", "--code=7"), 7)
        self.assertEqual(self.status("probe", f"--address=127.0.0.1:{free_port()}"), 1)
        with Service() as service:
            address = f"--address=127.0.0.1:{service.port}"
            self.assertEqual(self.status("probe", address), 0)
            self.assertEqual(self.status("probe", address, "--path=/nosuch"), 1)

    def test_bad_input_is_told_with_2(self):
        for arguments in (["nosuch"], [], ["load"], ["serve", "--port=x"], ["serve", "--nosuch"],
                          ["probe", "--address=nosuch"], ["serve", "--concurrency=0"],
                          ["serve", "--port=65536"]):
            self.assertEqual(self.status(*arguments), 2, arguments)

    def test_pause_ends_at_term(self):
        process = subprocess.Popen([PROGRAM, "pause"])
        await_disposition(process, "SigIgn", signal.SIGCHLD)  # The last thing before it waits.
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=20), 0)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
