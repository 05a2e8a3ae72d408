"""Build the tarballs of the native plugin and its schema, for a release.

Run as `python -m tools.plugin FOLDER`. `pulumi plugin install` unpacks a tarball and makes a
virtual environment with the wheel of the same version, so the tarballs of all platforms have the
same contents. The CLI starts the executable in it if there is one, else its Python language host
starts the program.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import tarfile
from pathlib import Path
from typing import Final

from hatch_build import address
from olt_provider._version import __version__
from olt_provider.native import schema
from tools.workspace import report

PLATFORMS: Final = ("linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64")
EXECUTABLE: Final = "pulumi-resource-olt"
MODES: Final = {EXECUTABLE: 0o755}
READABLE: Final = 0o644
VENV: Final = "venv"
SCRIPT: Final = f"""\
#!/bin/sh
# Starts the plugin in the virtual environment that `pulumi plugin install`, `pulumi package add` or
# `pulumi install` made beside this file; old language hosts, such as that of version 3.75, make it
# in the folder itself.
folder=$(dirname "$0")
for python in "$folder/{VENV}/bin/python" "$folder/bin/python"; do
    [ -x "$python" ] && exec "$python" "$folder/__main__.py" "$@"
done
echo "olt: $folder/{VENV} is missing: run 'pulumi install' in a project whose packages name this" \
    "folder, or install the plugin again, with --reinstall" >&2
exit 1
"""


def contents(requirement: str = f"pulumi-olt=={__version__}") -> dict[str, str]:
    """Return the files of a tarball. ``requirement`` is the argument for pip."""
    return {
        EXECUTABLE: SCRIPT,
        "PulumiPlugin.yaml": (
            f"runtime:\n  name: python\n  options:\n    toolchain: pip\n    virtualenv: {VENV}\n"
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
            entry.size, entry.mode = len(data), MODES.get(name, READABLE)
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)


def build(folder: Path, repository: str | None = None) -> list[Path]:
    """Write the tarballs and the schema. Returns their paths.

    ``repository`` is the address of the repository whose releases have the tarballs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = tarball(contents())
    written = []
    for platform in PLATFORMS:
        path = folder / f"pulumi-resource-olt-v{__version__}-{platform}.tar.gz"
        path.write_bytes(data)
        written.append(path)
    kept = folder / f"pulumi-olt-schema-v{__version__}.json"
    kept.write_text(json.dumps(json.loads(schema.stored(repository)), indent=2) + "\n", "utf-8")
    return [*written, kept]


def main(arguments: list[str]) -> int:
    """2 for wrong usage."""
    if len(arguments) != 1:
        report("usage: python -m tools.plugin FOLDER")
        return 2
    for path in build(Path(arguments[0]), address(os.environ)):
        report(f"{path} ({path.stat().st_size} bytes)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
