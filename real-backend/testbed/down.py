"""Taking a bed down, whatever state it is in, and looking whether anything is left.

Nothing is assumed to work: every step tries, the next goes on, and the final look decides.
"""

import os
import re
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bed import (BRIDGE, CGROUP, CNI_RESULTS, SHIM_SOCKETS, Bed, BedError, Host, hierarchies)
from process import end, recorded_process, run, send, shims_of, wait_gone
from up import link_exists


def down(bed: Bed) -> list[str]:
    """Returns what is left, in words: nothing, if all went well."""
    bed.claim()
    hosts = bed.leftover_hosts()
    known = {pid for host in hosts for pid in ours(host)}
    with ThreadPoolExecutor(max_workers=4) as pool:
        for failed in pool.map(attempt, hosts):
            if failed:
                print(failed)
    if link_exists(BRIDGE):
        run("ip", "link", "del", BRIDGE, allow_failure=True)
    for hierarchy in hierarchies():
        remove_cgroup(hierarchy / CGROUP)
    remove_dead_shim_sockets()
    remove_shared_folders(bed)
    if not any(host.dir.exists() for host in hosts):
        shutil.rmtree(bed.dir, ignore_errors=True)
    wait_gone(sorted(known), 3)
    return leftovers(bed, hosts)


def only_remains(bed: Bed) -> bool:
    """Whether a bed is recorded none of whose processes runs: the machine's, or all were ended."""
    hosts = bed.hosts()
    return bool(hosts) and not any(ours(host) for host in hosts)


def attempt(host: Host) -> str | None:
    try:
        down_host(host)
    except (BedError, OSError) as error:
        return f"{host.name}: {error}"
    return None


def ours(host: Host) -> list[int]:
    """Every process of this host that we may end: recorded, its shims, and what is in its cgroups."""
    daemon = recorded_process(host.daemon_record)
    return sorted({*([daemon] if daemon else []), *shims_of(host.socket), *pids_in_cgroups(host)})


def down_host(host: Host) -> None:
    thaw(host)
    daemon = recorded_process(host.daemon_record)
    if daemon is not None:
        send(daemon, signal.SIGCONT)
        end(daemon, 3)
    # Shims and pods outlive their daemon, and keep namespaces and mounts alive.
    for _ in range(3):
        rest = ours(host)
        if not rest:
            break
        for pid in rest:
            send(pid, signal.SIGKILL)
        wait_gone(rest, 2)
    for mount in mounts_under(host.dir):
        run("umount", "-l", mount, allow_failure=True)
    for hierarchy in hierarchies():
        remove_cgroup(hierarchy / host.cgroup.lstrip("/"))
    run("ip", "route", "del", host.pod_cidr, "via", host.address, allow_failure=True)
    if link_exists(host.veth):
        run("ip", "link", "del", host.veth, allow_failure=True)
    if host.netns.exists():
        run("ip", "netns", "del", host.name, allow_failure=True)
    if not mounts_under(host.dir):
        shutil.rmtree(host.dir, ignore_errors=True)


def thaw(host: Host) -> None:
    for folder in host.cgroup_dirs():
        if (folder / "freezer.state").exists():
            for state in sorted(folder.rglob("freezer.state"), key=lambda path: len(path.parts)):
                try:
                    state.write_text("THAWED")
                except OSError:
                    pass  # It went away meanwhile; frozen processes show in the final look.


def pids_in_cgroups(host: Host) -> list[int]:
    pids = set()
    for folder in host.cgroup_dirs():
        for procs in folder.rglob("cgroup.procs"):
            try:
                pids.update(int(line) for line in procs.read_text().split())
            except OSError:
                pass
    return sorted(pids - {os.getpid(), 0, 1})


def mounts_under(folder: Path) -> list[str]:
    """Mount points in `folder`, deepest first. /proc/self/mounts writes blanks as octal."""
    found = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), line.split()[1])
        if point == str(folder) or point.startswith(f"{folder}/"):
            found.append(point)
    return sorted(found, key=len, reverse=True)


def remove_cgroup(folder: Path) -> None:
    if not folder.is_dir():
        return
    for path, _, _ in os.walk(folder, topdown=False):
        try:
            os.rmdir(path)
        except OSError:
            pass  # Still in use: the final look tells.


def unix_sockets_in_use() -> set[str]:
    lines = Path("/proc/net/unix").read_text().splitlines()[1:]
    return {fields[7] for fields in (line.split(None, 7) for line in lines) if len(fields) == 8}


def remove_dead_shim_sockets() -> None:
    if not SHIM_SOCKETS.is_dir():
        return
    in_use = unix_sockets_in_use()
    for socket in SHIM_SOCKETS.iterdir():
        if str(socket) not in in_use:
            socket.unlink(missing_ok=True)
    for folder in (SHIM_SOCKETS, SHIM_SOCKETS.parent):
        remove_if_empty(folder)


def cni_results(bed: Bed) -> list[Path]:
    """What CNI remembers of pods of this bed: each result names the pod's namespace, in our folder."""
    results = CNI_RESULTS / "results"
    if not results.is_dir():
        return []
    return [result for result in results.iterdir()
            if f'"{bed.dir}/' in result.read_text(errors="replace")]


def remove_shared_folders(bed: Bed) -> None:
    """What `ip netns` and CNI made for the first user and would keep after the last."""
    namespaces = Path("/run/netns")
    if namespaces.is_dir() and not any(namespaces.iterdir()):
        run("umount", namespaces, allow_failure=True)
        remove_if_empty(namespaces)
    for result in cni_results(bed):
        result.unlink(missing_ok=True)
    remove_if_empty(CNI_RESULTS / "results")
    remove_if_empty(CNI_RESULTS)


def remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        pass


def leftovers(bed: Bed, hosts: list[Host]) -> list[str]:
    left = []
    for host in hosts:
        left += [f"process {pid} of {host.name}" for pid in ours(host)]
        left += [f"mount {mount}" for mount in mounts_under(host.dir)]
        left += [f"cgroup {folder}" for folder in host.cgroup_dirs()]
        if host.netns.exists():
            left.append(f"network namespace {host.name}")
        if link_exists(host.veth):
            left.append(f"link {host.veth}")
        if run("ip", "route", "show", host.pod_cidr, allow_failure=True).stdout.strip():
            left.append(f"route {host.pod_cidr}")
    if link_exists(BRIDGE):
        left.append(f"link {BRIDGE}")
    left += [f"cgroup {h / CGROUP}" for h in hierarchies() if (h / CGROUP).exists()]
    left += [f"CNI result {result}" for result in cni_results(bed)]
    if bed.dir.exists():
        left.append(f"folder {bed.dir}")
    return left
