"""OCI image archives of one static program.

Source: OCI Image Format Specification 1.0 (image-layout.md, manifest.md, config.md). The annotation
io.containerd.image.name is what containerd names an imported image by.
"""

import hashlib
import io
import json
import tarfile
from pathlib import Path

from bed import IMAGES


def add_file(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)  # Time 0 and owner root: the same bytes every time.
    entry.size = len(content)
    entry.mode = mode
    archive.addfile(entry, io.BytesIO(content))


def tar_of(files: list[tuple[str, bytes, int]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content, mode in files:
            add_file(archive, name, content, mode)
    return buffer.getvalue()


def image_archive(name: str, program: bytes, arguments: list[str], version: str) -> bytes:
    blobs: dict[str, bytes] = {}

    def descriptor(media_type: str, content: bytes) -> dict:
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return {"mediaType": f"application/vnd.oci.image.{media_type}",
                "digest": f"sha256:{digest}", "size": len(content)}

    layer = tar_of([("orrery-workload", program, 0o755)])
    config = {"architecture": "amd64", "os": "linux",
              "config": {"Entrypoint": ["/orrery-workload"], "Cmd": arguments,
                         "Env": [f"ORRERY_VERSION={version}"]},
              "rootfs": {"type": "layers",
                         "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": descriptor("config.v1+json", json.dumps(config).encode()),
                "layers": [descriptor("layer.v1.tar", layer)]}
    entry = descriptor("manifest.v1+json", json.dumps(manifest).encode())
    entry["annotations"] = {"io.containerd.image.name": name}
    files = [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}', 0o644),
             ("index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode(), 0o644)]
    files += [(f"blobs/sha256/{digest}", content, 0o644) for digest, content in blobs.items()]
    return tar_of(files)


def write_archives(folder: Path, program_path: Path) -> list[Path]:
    folder.mkdir(exist_ok=True)
    program = program_path.read_bytes()
    archives = []
    for name, (arguments, version) in IMAGES.items():
        archive = folder / (name.rpartition("/")[2].replace(":", "-") + ".tar")
        archive.write_bytes(image_archive(name, program, arguments, version))
        archives.append(archive)
    return archives
