"""Find or build the language hosts of Pulumi programs and print their folders.

Run as `python -m tools.language_hosts LANGUAGE...`, for tests of the native plugin. A host is built
once from the pinned Go modules, into the cache outside the checkout.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tools.engine_sources import SDK_MODULE, vendor_folder
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

TOOLS: Final = Path(__file__).resolve().parent


class Host(NamedTuple):
    """A language host: the folder of the module that requires it, and its package."""

    module: Path
    package: str

    @property
    def name(self) -> str:
        """The name of its executable."""
        return self.package.rsplit("/", 1)[1]


# The modules of newer hosts for Go and Node.js are not in the module proxy; the CLI runs these too.
OTHER_HOSTS: Final = TOOLS / "engine-other-hosts"
HOSTS: Final[Mapping[str, Host]] = {
    "yaml": Host(
        TOOLS / "engine-yaml-host", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
    ),
    "go": Host(OTHER_HOSTS, f"{SDK_MODULE}/go/pulumi-language-go"),
    "nodejs": Host(OTHER_HOSTS, f"{SDK_MODULE}/nodejs/cmd/pulumi-language-nodejs"),
}


def folder(language: str) -> Path:
    """Return the folder of a language's built host, whether it exists or not."""
    pins = [HOSTS[language].module / name for name in ("go.mod", "go.sum")]
    return cache_root() / "engine" / f"{language}-{platform_tag()}-{digest(pins)}"


def find_host(language: str) -> Path:
    """Return the folder of the host: on PATH, from the vendor, in the cache, or built now.

    Raises SetupError with the reason where it cannot be built.
    """
    found = shutil.which(HOSTS[language].name)
    if found is not None:
        return Path(found).parent
    installed = vendor_folder() / "bin"
    if (installed / HOSTS[language].name).exists():
        return installed
    kept = folder(language)
    with exclusive(cache_root() / f"{language}-host.lock"):
        if not kept.is_dir():
            if shutil.which("go") is None:
                raise SetupError("no go on PATH (Go 1.25.11 or newer is needed)")
            with whole_folder(kept) as work:
                _build(language, work)
    return kept


def _build(language: str, work: Path) -> None:
    report(f"building the language host of {language} from Go modules (1 to 4 minutes, once)")
    flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w"]
    host = HOSTS[language]
    command: list[str | Path] = ["go", "build", *flags, "-o", work, host.package]
    run(command, f"building {host.name}", cwd=host.module)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the folder of each host; 1 when there is none."""
    parser = argparse.ArgumentParser(prog="python -m tools.language_hosts", description=__doc__)
    parser.add_argument("language", nargs="+", choices=tuple(HOSTS))
    try:
        for language in parser.parse_args(arguments).language:
            print(find_host(language))
    except SetupError as error:
        report(f"failed: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
