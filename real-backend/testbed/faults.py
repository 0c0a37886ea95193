"""Faults, done to a host from outside, as an operator's bad day would.

A target is a host ("h1") or a container on a host ("h1/CONTAINER", any unique prefix of its id). Only
processes of the bed are signalled: recorded daemons, shims of their sockets, processes in the hosts'
cgroups.
"""

import signal

import down
from bed import BRIDGE_ADDRESS, Bed, BedError, Host
from process import recorded_process, run, send, shims_of, wait_gone
from up import start_daemon, wait_ready


def container_of(bed: Bed, target: str) -> tuple[Host, str, int]:
    """The host, id and first process of a container."""
    host_name, slash, prefix = target.partition("/")
    if not slash or not prefix:
        raise BedError(f"expected HOST/CONTAINER; found {target!r}")
    host = bed.host(host_name)
    listing = run("ctr", "-a", host.socket, "-n", "k8s.io", "tasks", "list").stdout.splitlines()[1:]
    matching = [fields for fields in (line.split() for line in listing)
                if fields and fields[0].startswith(prefix)]
    if len(matching) != 1:
        raise BedError(f"{len(matching)} running containers of {host.name} begin with {prefix!r}")
    container, pid = matching[0][0], int(matching[0][1])
    if pid not in down.pids_in_cgroups(host):
        raise BedError(f"process {pid} is not in the cgroup of {host.name}")
    return host, container, pid


def daemon_of(host: Host) -> int:
    pid = recorded_process(host.daemon_record)
    if pid is None:
        raise BedError(f"containerd of {host.name} does not run")
    return pid


def signal_container(bed: Bed, target: str, number: int) -> None:
    _, _, pid = container_of(bed, target)
    send(pid, number)


def kill(bed: Bed, target: str) -> None:
    """KILL to a container's first process."""
    signal_container(bed, target, signal.SIGKILL)


def stop(bed: Bed, target: str) -> None:
    """Hang a container, or a whole host with its daemon, until `cont`."""
    if "/" in target:
        return signal_container(bed, target, signal.SIGSTOP)
    host = bed.host(target)
    freeze(host, "FROZEN")
    send(daemon_of(host), signal.SIGSTOP)


def cont(bed: Bed, target: str) -> None:
    if "/" in target:
        return signal_container(bed, target, signal.SIGCONT)
    host = bed.host(target)
    send(daemon_of(host), signal.SIGCONT)
    down.thaw(host)


def freeze(host: Host, state: str) -> None:
    for folder in host.cgroup_dirs():
        if (folder / "freezer.state").exists():
            (folder / "freezer.state").write_text(state)


def pause(bed: Bed, target: str) -> None:
    """Freeze a container through containerd: its exec probes fail at once."""
    host, container, _ = container_of(bed, target)
    run("ctr", "-a", host.socket, "-n", "k8s.io", "tasks", "pause", container)


def resume(bed: Bed, target: str) -> None:
    host, container, _ = container_of(bed, target)
    run("ctr", "-a", host.socket, "-n", "k8s.io", "tasks", "resume", container)


def daemon_kill(bed: Bed, target: str) -> None:
    """KILL containerd; its pods live on."""
    pid = daemon_of(bed.host(target))
    send(pid, signal.SIGKILL)
    wait_gone([pid], 3)


def daemon_restart(bed: Bed, target: str) -> None:
    """Start containerd again if it does not run, and wait until it answers."""
    host = bed.host(target)
    start_daemon(host)
    wait_ready(host)


def host_crash(bed: Bed, target: str) -> None:
    """KILL everything of a host at once. `daemon-restart` brings it back, its pods dead."""
    host = bed.host(target)
    down.thaw(host)
    for _ in range(3):
        pids = [*down.ours(host), *shims_of(host.socket)]
        for pid in pids:
            send(pid, signal.SIGKILL)
        if wait_gone(pids, 2) and not down.ours(host):
            return
    raise BedError(f"processes of {host.name} survive: {down.ours(host)}")


def rules_of(host: Host, other: str) -> list[list[str]]:
    """iptables rules in the host's namespace that cut it from another host's pods, or from the
    control plane (traffic of pods passes FORWARD, not INPUT)."""
    mark = ["-m", "comment", "--comment", f"orrery-partition-{other}", "-j", "DROP"]
    return [["INPUT", "-s", f"{other}/32", *mark], ["OUTPUT", "-d", f"{other}/32", *mark]]


def pod_rules_of(host: Host, other: Host) -> list[list[str]]:
    mark = ["-m", "comment", "--comment", f"orrery-partition-{other.name}", "-j", "DROP"]
    return [["FORWARD", "-s", other.pod_cidr, *mark], ["FORWARD", "-d", other.pod_cidr, *mark]]


def partition_rules(bed: Bed, target: str, other: str) -> list[tuple[Host, list[str]]]:
    host = bed.host(target)
    if other == "control-plane":
        return [(host, rule) for rule in rules_of(host, BRIDGE_ADDRESS)]
    peer = bed.host(other)
    return [(host, rule) for rule in [*rules_of(host, peer.address), *pod_rules_of(host, peer)]]


def partition(bed: Bed, target: str, other: str) -> None:
    """Cut a host from "control-plane" or from another host, both ways, until `heal`."""
    for host, (chain, *rule) in partition_rules(bed, target, other):
        inside = ["nsenter", f"--net={host.netns}", "iptables", "-w"]
        if run(*inside, "-C", chain, *rule, allow_failure=True).returncode != 0:
            run(*inside, "-I", chain, "1", *rule)


def heal(bed: Bed, target: str, other: str) -> None:
    for host, (chain, *rule) in partition_rules(bed, target, other):
        inside = ["nsenter", f"--net={host.netns}", "iptables", "-w"]
        while run(*inside, "-D", chain, *rule, allow_failure=True).returncode == 0:
            pass


def isolate(bed: Bed, target: str) -> None:
    """Pull the host's network cable, until `reconnect`."""
    run("ip", "link", "set", bed.host(target).veth, "down")


def reconnect(bed: Bed, target: str) -> None:
    run("ip", "link", "set", bed.host(target).veth, "up")


VERBS = {"kill": kill, "stop": stop, "cont": cont, "pause": pause, "resume": resume,
         "daemon-kill": daemon_kill, "daemon-restart": daemon_restart, "host-crash": host_crash,
         "isolate": isolate, "reconnect": reconnect}
PAIR_VERBS = {"partition": partition, "heal": heal}
