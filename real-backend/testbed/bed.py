"""What a test bed is: its names, addresses and files. The only place that knows them.

Host hK is a network namespace of that name with address 10.90.0.K and pods in 10.91.K.0/24, a
containerd of its own with root, state and socket in the bed's folder, and the cgroup /orrery/hK. A
machine holds one bed at a time, because these names are the machine's.
"""

import json
import os
import re
from pathlib import Path

DEFAULT_DIR = Path("/run/orrery-testbed")
HOSTS_MAX = 20
BRIDGE = "orrery0"
BRIDGE_ADDRESS = "10.90.0.254"  # Of whoever drives the hosts, too.
CGROUP_ROOT = Path("/sys/fs/cgroup")
CGROUP = "orrery"
SHIM_SOCKETS = Path("/run/containerd/s")  # Shared by all containerds, whatever their state folder.
CNI_RESULTS = Path("/var/lib/cni")
CNI_PLUGINS = Path("/usr/lib/cni")
CONTAINERD_TCP_PORT = 10010
IMAGES = {  # Name: (default arguments, version label)
    "localhost/orrery-pause:1": (["pause"], "1"),
    "localhost/orrery-workload:1": (["serve"], "1"),
    "localhost/orrery-workload:2": (["serve"], "2"),
    "localhost/orrery-task:1": (["sleep"], "1"),
}


class BedError(Exception):
    """Something outside this program refused; the text says what and what to do."""


class Host:
    def __init__(self, bed_dir: Path, index: int):
        self.index = index
        self.name = f"h{index}"
        self.address = f"10.90.0.{index}"
        self.pod_cidr = f"10.91.{index}.0/24"
        self.netns = Path("/run/netns") / self.name
        self.veth = f"orv{self.name}"
        self.dir = bed_dir / self.name
        self.socket = self.dir / "containerd.sock"
        self.config = self.dir / "config.toml"
        self.log = self.dir / "containerd.log"
        self.daemon_record = self.dir / "daemon.json"
        self.cgroup = f"/{CGROUP}/{self.name}"

    def cgroup_dirs(self) -> list[Path]:
        """This host's cgroup in every hierarchy where it exists (cgroup v1: one per controller)."""
        return [d for d in (h / self.cgroup.lstrip("/") for h in hierarchies()) if d.is_dir()]


class Bed:
    def __init__(self, folder: Path):
        # Unix socket addresses have 107 bytes; the longest of ours is DIR/h20/containerd.sock.ttrpc.
        if len(str(folder)) > 80:
            raise BedError(f"{folder} is too long for unix sockets in it; use a shorter --dir")
        self.dir = folder
        self.pki = folder / "pki"
        self.images = folder / "images"
        self.record = folder / "bed.json"

    def hosts(self) -> list[Host]:
        """The hosts of the recorded bed; none if there is none."""
        try:
            count = json.loads(self.record.read_text())["hosts"]
        except FileNotFoundError:
            return []
        return [Host(self.dir, index) for index in range(1, count + 1)]

    def host(self, name: str) -> Host:
        for host in self.hosts():
            if host.name == name:
                return host
        known = ", ".join(host.name for host in self.hosts()) or "none: the bed is down"
        raise BedError(f"no host {name!r}; there are: {known}")

    def remember(self, count: int) -> None:
        write_atomically(self.record, json.dumps({"hosts": count}) + "\n")

    def claim(self) -> None:
        """Refuses if the machine's bed is in another folder. The bridge carries its bed's folder."""
        owner = bridge_owner()
        if owner is not None and owner != str(self.dir):
            raise BedError(f"the bed of this machine is in {owner or 'an unknown folder'}, not in "
                           f"{self.dir}: take that down first, with --dir")

    def leftover_hosts(self) -> list[Host]:
        """Hosts that are recorded, have a folder, or hang on our bridge: all that `down` looks at."""
        found = {host.index for host in self.hosts()}
        if bridge_owner() == str(self.dir):
            for port in Path("/sys/class/net", BRIDGE, "brif").iterdir():
                if re.fullmatch(r"orvh[1-9][0-9]?", port.name):
                    found.add(int(port.name[4:]))
        if self.dir.is_dir():
            for entry in self.dir.iterdir():
                if re.fullmatch(r"h[1-9][0-9]?", entry.name):
                    found.add(int(entry.name[1:]))
        return [Host(self.dir, index) for index in sorted(found)]


def bridge_owner() -> str | None:
    """The folder of the bed whose bridge is on this machine; nothing if there is no bridge."""
    alias = Path("/sys/class/net", BRIDGE, "ifalias")
    return alias.read_text().strip() if alias.exists() else None


def hierarchies() -> list[Path]:
    return sorted(d for d in CGROUP_ROOT.iterdir() if d.is_dir()) if CGROUP_ROOT.is_dir() else []


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    temporary = path.with_name(path.name + ".new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as out:
        out.write(text)
    temporary.rename(path)
