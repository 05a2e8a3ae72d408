"""Finds or builds the language host of Pulumi's YAML programs and prints its folder.

Run as `python -m tools.yaml_host`, for tests of the native plugin. It is built once from the pinned
Go modules, into the cache outside the checkout.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from tools.engine_sources import vendor_folder
from tools.workspace import (
    SetupError,
    cache_root,
    digest,
    exclusive,
    platform_tag,
    report,
    run,
    whole_folder,
)

MODULE: Final = Path(__file__).resolve().parent / "engine-yaml-host"
PACKAGE: Final = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
NAME: Final = "pulumi-language-yaml"


def folder() -> Path:
    """Where the built host is kept, built or not."""
    pins = [MODULE / name for name in ("go.mod", "go.sum")]
    return cache_root() / "engine" / f"yaml-{platform_tag()}-{digest(pins)}"


def find_yaml_host() -> Path:
    """Return the folder of the host: on PATH, from the vendor, in the cache, or built now.

    Raises SetupError with the reason where it cannot be built.
    """
    found = shutil.which(NAME)
    if found is not None:
        return Path(found).parent
    installed = vendor_folder() / "bin"
    if (installed / NAME).exists():
        return installed
    with exclusive(cache_root() / "yaml-host.lock"):
        if not folder().is_dir():
            if shutil.which("go") is None:
                raise SetupError("no go on PATH (Go 1.25.11 or newer is needed)")
            with whole_folder(folder()) as work:
                _build(work)
    return folder()


def _build(work: Path) -> None:
    report("building the language host of YAML from Go modules (about 4 minutes on 2 cores, once)")
    flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w"]
    run(["go", "build", *flags, "-o", work, PACKAGE], "building the YAML host", cwd=MODULE)


def main() -> int:
    """Print the folder; 1 when there is none."""
    try:
        print(find_yaml_host())
    except SetupError as error:
        report(f"failed: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
