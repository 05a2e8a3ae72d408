"""Builds the tarballs of the native plugin and its schema, for a release.

Run as `python -m tools.plugin FOLDER`. `pulumi plugin install` unpacks a tarball and makes a
virtual environment with the wheel of the same version, so the tarballs of all platforms have the
same contents.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Final

from olt_provider._version import __version__
from olt_provider.native import schema
from tools.workspace import report

PLATFORMS: Final = ("linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64")
READABLE: Final = 0o644


def contents(requirement: str = f"pulumi-olt=={__version__}") -> dict[str, str]:
    """The files of a tarball. ``requirement`` is what pip installs."""
    return {
        "PulumiPlugin.yaml": (
            "runtime:\n  name: python\n  options:\n    toolchain: pip\n    virtualenv: venv\n"
        ),
        "__main__.py": "from olt_provider.native.main import main\n\nmain()\n",
        "requirements.txt": f"{requirement}\n",
    }


def tarball(files: dict[str, str]) -> bytes:
    """Pack files. The same files give the same bytes."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in sorted(files.items()):
            data = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), READABLE
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)


def build(folder: Path) -> list[Path]:
    """Write the tarballs and the schema. Returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    data = tarball(contents())
    written = []
    for platform in PLATFORMS:
        path = folder / f"pulumi-resource-olt-v{__version__}-{platform}.tar.gz"
        path.write_bytes(data)
        written.append(path)
    kept = folder / f"pulumi-olt-schema-v{__version__}.json"
    kept.write_text(json.dumps(json.loads(schema.stored()), indent=2) + "\n", "utf-8")
    return [*written, kept]


def main(arguments: list[str]) -> int:
    """2 for wrong usage."""
    if len(arguments) != 1:
        report("usage: python -m tools.plugin FOLDER")
        return 2
    for path in build(Path(arguments[0])):
        report(f"{path} ({path.stat().st_size} bytes)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
