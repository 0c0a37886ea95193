"""Bringing a bed up. Every step looks first, so `up` completes what an earlier one left half done."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import images
import pki
from bed import (BRIDGE, BRIDGE_ADDRESS, CNI_PLUGINS, CONTAINERD_TCP_PORT, HOSTS_MAX, Bed, BedError,
                 Host)
from process import record_process, recorded_process, run, wait_until

# Version 2 of containerd's configuration. Without CAP_SYS_RESOURCE a pause process cannot be given a
# lower OOM score, hence restrict_oom_score_adj. The disabled plug-ins only fill the log here.
CONTAINERD_CONFIG = """\
version = 2
root = {root}
state = {state}
oom_score = 0
disabled_plugins = ["io.containerd.internal.v1.restart", "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = {socket}
  tcp_address = "{address}:{port}"
  tcp_tls_ca = {ca}
  tcp_tls_cert = {certificate}
  tcp_tls_key = {key}
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/orrery-pause:1"
  restrict_oom_score_adj = true
  disable_tcp_service = false
  netns_mounts_under_state_dir = true
  stats_collect_period = 1
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = {cni_plugins}
    conf_dir = {cni}
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = {runc}
"""


def up(bed: Bed, count: int, workload: Path) -> None:
    if not 1 <= count <= HOSTS_MAX:
        raise BedError(f"expected 1 to {HOSTS_MAX} hosts; found {count}")
    present = bed.hosts()
    if present and len(present) != count:
        raise BedError(f"a bed of {len(present)} hosts is up; take it down first")
    bed.claim()
    if not present and Path("/run/netns/h1").exists():
        raise BedError("there is a network namespace h1 that is of no bed; remove it first")
    if not workload.is_file():
        raise BedError(f"no workload program at {workload}; build orrery-workload first")
    bed.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    bed.remember(count)
    hosts = bed.hosts()
    pki.make_ca(bed)
    make_bridge(bed)
    for host in hosts:
        make_network(host)
    for host in hosts:
        make_routes(host, hosts)
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda host: write_files(bed, host), hosts))
        for host in hosts:
            start_daemon(host)
        archives = images.write_archives(bed.images, workload)
        for host in hosts:
            wait_ready(host)
        list(pool.map(lambda host: import_images(host, archives), hosts))


def link_exists(name: str) -> bool:
    return Path("/sys/class/net", name).exists()


def make_bridge(bed: Bed) -> None:
    if not link_exists(BRIDGE):
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "link", "set", BRIDGE, "alias", bed.dir)
    run("ip", "addr", "replace", f"{BRIDGE_ADDRESS}/24", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")


def make_network(host: Host) -> None:
    if not host.netns.exists():
        run("ip", "netns", "add", host.name)
    if not link_exists(host.veth):
        run("ip", "link", "add", host.veth, "type", "veth", "peer", "name", "eth0",
            "netns", host.name)
    run("ip", "link", "set", host.veth, "master", BRIDGE, "up")
    run("ip", "-n", host.name, "addr", "replace", f"{host.address}/24", "dev", "eth0")
    run("ip", "-n", host.name, "link", "set", "eth0", "up")
    run("ip", "-n", host.name, "link", "set", "lo", "up")
    run("nsenter", f"--net={host.netns}", "sysctl", "-qw", "net.ipv4.ip_forward=1")


def make_routes(host: Host, hosts: list[Host]) -> None:
    run("ip", "-n", host.name, "route", "replace", "default", "via", BRIDGE_ADDRESS)
    for other in hosts:
        if other is not host:
            run("ip", "-n", host.name, "route", "replace", other.pod_cidr, "via", other.address)
    run("ip", "route", "replace", host.pod_cidr, "via", host.address)


def write_files(bed: Bed, host: Host) -> None:
    for folder in (host.dir, host.dir / "cni", host.dir / "logs"):
        folder.mkdir(exist_ok=True)
    pki.issue(bed.pki, host.name, [host.address])
    quoted = {"root": host.dir / "root", "state": host.dir / "state", "socket": host.socket,
              "ca": bed.pki / "ca.crt", "certificate": bed.pki / f"{host.name}.crt",
              "key": bed.pki / f"{host.name}.key", "cni_plugins": CNI_PLUGINS,
              "cni": host.dir / "cni", "runc": host.dir / "runc"}
    host.config.write_text(CONTAINERD_CONFIG.format(
        address=host.address, port=CONTAINERD_TCP_PORT,
        **{name: json.dumps(str(path)) for name, path in quoted.items()}))
    # Written in place: containerd does not notice a file that is moved in.
    network = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": False,
               "hairpinMode": True,
               "ipam": {"type": "host-local", "dataDir": str(host.dir / "ipam"),
                        "ranges": [[{"subnet": host.pod_cidr}]],
                        "routes": [{"dst": "0.0.0.0/0"}]}}
    (host.dir / "cni" / "10-pods.conflist").write_text(json.dumps(
        {"cniVersion": "0.4.0", "name": f"pods-{host.name}", "plugins": [network]}))


def start_daemon(host: Host) -> None:
    if recorded_process(host.daemon_record) is not None:
        return
    # Not `ip netns exec`: that hides the cgroup mounts behind a fresh /sys, and every pod fails.
    with open(host.log, "ab") as log:
        daemon = subprocess.Popen(
            ["nsenter", f"--net={host.netns}", "containerd", "-c", str(host.config)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/")
    record_process(host.daemon_record, daemon.pid)


def answers(host: Host) -> bool:
    return run("ctr", "-a", host.socket, "version", timeout=10, allow_failure=True).returncode == 0


def wait_ready(host: Host) -> None:
    if not wait_until(lambda: host.socket.exists() and answers(host), 60):
        last_lines = host.log.read_text(errors="replace").splitlines()[-3:]
        raise BedError(f"containerd of {host.name} does not answer; {host.log} ends with:\n"
                       + "\n".join(last_lines))


def import_images(host: Host, archives: list[Path]) -> None:
    for archive in archives:
        run("ctr", "-a", host.socket, "-n", "k8s.io", "images", "import", archive, timeout=120)


