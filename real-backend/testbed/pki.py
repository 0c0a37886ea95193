"""Keys and certificates of one bed, made with openssl.

Every host has one certificate for both roles: containerd serves with it, the node's agent calls with
it, and its common name is the node's. `control-plane` is the API server's, `admin` the driver's.
"""

import secrets
from pathlib import Path

from bed import BRIDGE_ADDRESS, Bed
from process import run

DAYS = "30"


def make_ca(bed: Bed) -> None:
    bed.pki.mkdir(mode=0o700, exist_ok=True)
    if (bed.pki / "ca.crt").exists():
        return
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", bed.pki / "ca.key")
    run("openssl", "req", "-x509", "-new", "-key", bed.pki / "ca.key", "-days", DAYS,
        "-subj", "/CN=orrery test bed", "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "keyUsage=critical,keyCertSign", "-out", bed.pki / "ca.crt")
    issue(bed.pki, "control-plane", [BRIDGE_ADDRESS, "127.0.0.1"])
    issue(bed.pki, "admin", [])


def issue(pki: Path, name: str, addresses: list[str]) -> None:
    """A key and a certificate with this common name, for client and, at `addresses`, server."""
    key, request, certificate = (pki / f"{name}.{suffix}" for suffix in ("key", "csr", "crt"))
    if certificate.exists():
        return
    extensions = pki / f"{name}.ext"
    usage = "clientAuth,serverAuth" if addresses else "clientAuth"
    lines = ["basicConstraints=CA:FALSE", f"extendedKeyUsage={usage}"]
    if addresses:
        lines.append("subjectAltName=" + ",".join(f"IP:{address}" for address in addresses))
    extensions.write_text("\n".join(lines) + "\n")
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    run("openssl", "req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
    run("openssl", "x509", "-req", "-in", request, "-CA", pki / "ca.crt", "-CAkey", pki / "ca.key",
        "-set_serial", f"0x{secrets.token_hex(16)}", "-days", DAYS, "-extfile", extensions, "-out", certificate)
    request.unlink()
    extensions.unlink()
