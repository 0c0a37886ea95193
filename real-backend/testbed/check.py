"""Can this machine run the live tier? If not, why not."""

import os
import shutil

from bed import CGROUP_ROOT, CNI_PLUGINS

PROGRAMS = {"containerd": "containerd", "ctr": "containerd", "runc": "runc", "ip": "iproute2",
            "iptables": "iptables", "nsenter": "util-linux", "sysctl": "procps",
            "openssl": "openssl", "containerd-shim-runc-v2": "containerd"}
CONTROLLERS = ["cpu", "freezer", "memory", "pids"]


def missing() -> list[str]:
    """What is missing, in words; nothing if the machine will do."""
    reasons = []
    if os.geteuid() != 0:
        reasons.append("not root: containerd, network namespaces and cgroups need it")
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            reasons.append(f"no {program}: install the package {package}")
    for plugin in ("bridge", "host-local", "loopback"):
        if not (CNI_PLUGINS / plugin).exists():
            reasons.append(f"no {CNI_PLUGINS / plugin}: install containernetworking-plugins")
    for controller in CONTROLLERS:
        if not os.access(CGROUP_ROOT / controller, os.W_OK):
            reasons.append(f"no writable {CGROUP_ROOT / controller}: cgroup v1 is needed, with one "
                           "mount per controller")
    if not os.path.exists("/proc/self/ns/net"):
        reasons.append("the kernel has no network namespaces")
    elif os.geteuid() == 0 and not has_capability(12):
        reasons.append("no CAP_NET_ADMIN: network namespaces and bridges need it")
    if os.geteuid() == 0 and not has_capability(21):
        reasons.append("no CAP_SYS_ADMIN: namespaces and mounts need it")
    return reasons


def has_capability(number: int) -> bool:
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) >> number & 1)
    return False
