"""Running programs and ending processes. Programs get argument lists, never a shell's command line."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from bed import BedError, write_atomically


def run(*argv, timeout: float = 30, allow_failure: bool = False) -> subprocess.CompletedProcess:
    """Runs a program; its failure is an error of ours unless allowed."""
    arguments = [str(argument) for argument in argv]
    try:
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout)
    except subprocess.TimeoutExpired:
        done = subprocess.CompletedProcess(arguments, 124, "", f"no end within {timeout:g} s")
    if done.returncode != 0 and not allow_failure:
        reason = (done.stderr or done.stdout).strip() or f"exit status {done.returncode}"
        raise BedError(f"{' '.join(arguments)}: {reason}")
    return done


def start_time(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; tells a process from a later one with its
    number. Nothing for one that is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def record_process(path: Path, pid: int) -> None:
    write_atomically(path, json.dumps({"pid": pid, "startTime": start_time(pid)}) + "\n")


def recorded_process(path: Path) -> int | None:
    """The recorded process if it still runs."""
    try:
        record = json.loads(path.read_text())
        pid, started = int(record["pid"]), record["startTime"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return pid if started is not None and start_time(pid) == started else None


def send(pid: int, number: int) -> None:
    if pid <= 1:
        raise BedError(f"refused to signal process {pid}")
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def wait_gone(pids: list[int], seconds: float) -> bool:
    return wait_until(lambda: all(start_time(pid) is None for pid in pids), seconds)


def end(pid: int, grace_seconds: float) -> None:
    """TERM, and KILL after the grace; also if it was stopped."""
    send(pid, signal.SIGTERM)
    send(pid, signal.SIGCONT)
    if not wait_gone([pid], grace_seconds):
        send(pid, signal.SIGKILL)
        wait_gone([pid], 3)


def wait_until(condition, seconds: float, pause: float = 0.02) -> bool:
    end_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end_at:
            return False
        time.sleep(pause)
    return True


def shims_of(socket: Path) -> list[int]:
    """The containerd shims that serve exactly this socket."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if not words[0].endswith("containerd-shim-runc-v2") or "-address" not in words[:-1]:
            continue
        if words[words.index("-address") + 1] == str(socket):
            found.append(int(entry.name))
    return found
