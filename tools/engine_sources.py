"""The sources of the Pulumi engine. Each returns the folder to put on PATH."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

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

VERSION = "3.256.0"
INSTALLER_URL = "https://get.pulumi.com"
INSTALLER_LIMIT = 1 << 20

TOOLS = Path(__file__).resolve().parent
CLI_MODULE = TOOLS / "engine-cli"
HOST_MODULE = TOOLS / "engine-python-host"
CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
HOST_PACKAGE = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
VERSION_VARIABLE = f"{SDK_MODULE}/go/common/version.Version"
# The CLI looks for these two beside itself, and Go builds neither: they are scripts.
SCRIPTS = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-resource-pulumi-python",
)
NEEDED = ("pulumi", "pulumi-language-python", *(Path(script).name for script in SCRIPTS))


def checked(folder: Path) -> Path:
    """Return the folder if it holds a complete engine that starts and is new enough.

    Raises SetupError that names the missing file or the version that was found.
    """
    missing = [name for name in NEEDED if not os.access(folder / name, os.X_OK)]
    if missing:
        raise SetupError(f"{folder} lacks {', '.join(missing)}")
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"}
    output = run([folder / "pulumi", "version"], "pulumi version", env=env, timeout=60)
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", output.strip())
    if found is None:
        raise SetupError(f"{folder / 'pulumi'} prints no version")
    oldest = tuple(int(part) for part in VERSION.split("."))
    if tuple(int(part) for part in found.groups()) < oldest:
        raise SetupError(f"{folder / 'pulumi'} is {found[0]}, older than {VERSION}")
    return folder


def from_path() -> Path:
    """Return the folder of the `pulumi` on PATH, with its Python language host beside it."""
    found = shutil.which("pulumi")
    if found is None:
        raise SetupError("no pulumi on PATH")
    # A package manager links the command only; its other files are beside the real file.
    folder = Path(found).parent
    beside = all((folder / name).exists() for name in NEEDED)
    return checked(folder if beside else Path(found).resolve().parent)


def go_folder() -> Path:
    """Return the folder of an engine built from the pinned Go modules, whether it exists or not."""
    pins = [module / name for module in (CLI_MODULE, HOST_MODULE) for name in ("go.mod", "go.sum")]
    return cache_root() / "engine" / f"go-{platform_tag()}-{digest(pins, VERSION, *SCRIPTS)}"


def vendor_folder() -> Path:
    """Return the folder of the vendor's engine, whether it exists or not."""
    return cache_root() / "engine" / f"vendor-{platform_tag()}-{VERSION}"


def from_cache() -> Path:
    """Return the engine that an earlier set-up left in the cache."""
    kept = [folder for folder in (go_folder(), vendor_folder()) if folder.is_dir()]
    if not kept:
        raise SetupError(f"none kept in {cache_root() / 'engine'}")
    return checked(kept[0] / "bin")


def from_go() -> Path:
    """Build the engine from the Go modules that go.sum pins, into the cache."""
    if shutil.which("go") is None:
        raise SetupError("no go on PATH (Go 1.25.11 or newer is needed)")
    return _kept(go_folder(), _build)


def from_installer() -> Path:
    """Run the vendor's installer for the pinned version, into the cache."""
    return _kept(vendor_folder(), _install)


def _kept(folder: Path, make: Callable[[Path], None]) -> Path:
    with exclusive(cache_root() / "engine.lock"):
        if not folder.is_dir():
            with whole_folder(folder) as work:
                make(work)
                checked(work / "bin")
    return checked(folder / "bin")


def _build(work: Path) -> None:
    bin_folder = work / "bin"
    bin_folder.mkdir()
    report(
        f"building the Pulumi engine {VERSION} from Go modules (about 6 minutes on 2 cores, once)"
    )
    flags = ["-mod=readonly", "-buildvcs=false", "-trimpath"]
    build = ["go", "build", *flags]
    stamped = f"-ldflags=-s -w -X {VERSION_VARIABLE}={VERSION}"
    run([*build, "-o", bin_folder, HOST_PACKAGE], "building the language host", cwd=HOST_MODULE)
    run([*build, stamped, "-o", bin_folder, CLI_PACKAGE], "building the CLI", cwd=CLI_MODULE)
    where = ["go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK_MODULE]
    sdk = Path(run(where, "finding the Python host's scripts", cwd=CLI_MODULE).strip())
    for script in SCRIPTS:
        target = bin_folder / Path(script).name
        shutil.copyfile(sdk / script, target)
        target.chmod(0o755)


def installer_command(script: Path, root: Path) -> list[str]:
    """Return the command that runs the downloaded installer for the pinned version."""
    return ["sh", str(script), "--version", VERSION, "--install-root", str(root), "--no-edit-path"]


def download_installer(url: str, target: Path, context: ssl.SSLContext | None = None) -> None:
    """Save the vendor's installer script; only over https, also after redirects.

    Raises SetupError if it cannot be downloaded or is not a shell script.
    """
    if urllib.parse.urlsplit(url).scheme != "https":
        raise SetupError(f"the installer is only fetched over https, not from {url}")
    try:
        with urllib.request.urlopen(url, timeout=30, context=context) as response:
            if urllib.parse.urlsplit(response.url).scheme != "https":
                raise SetupError(f"{url} redirects to {response.url}, which is not https")
            script = response.read(INSTALLER_LIMIT + 1)
    except (urllib.error.URLError, OSError) as error:
        raise SetupError(f"cannot fetch {url}: {error}") from error
    if len(script) > INSTALLER_LIMIT or not script.startswith(b"#!/bin/sh"):
        raise SetupError(f"what {url} returns is not the installer")
    target.write_bytes(script)


def _install(work: Path) -> None:
    report(f"installing the Pulumi engine {VERSION} with the vendor's installer")
    with tempfile.TemporaryDirectory() as scratch:
        script = Path(scratch) / "install.sh"
        download_installer(INSTALLER_URL, script)
        # A home folder of its own, so that the script cannot edit the user's shell profile.
        env = {**os.environ, "HOME": scratch}
        run(installer_command(script, work), "the vendor's installer", env=env, timeout=900)
