from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.workspace import ROOT
from tools.yaml_host import NAME, PACKAGE

FAKE_GO = f"""\
#!/bin/sh
echo "$@" >>"$GO_CALLS"
while [ "$1" != "-o" ]; do shift; done
: >"$2/{NAME}"
chmod +x "$2/{NAME}"
"""


def executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def find(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the tool with a PATH, a home and a cache of its own."""
    env = {
        "PATH": f"{folder}:/usr/bin:/bin",
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "GO_CALLS": str(folder / "go-calls"),
    }
    return subprocess.run(
        [sys.executable, "-m", "tools.yaml_host"],
        cwd=ROOT,
        env=env,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_host_is_built_once_and_taken_from_the_cache_afterwards(tmp_path: Path) -> None:
    executable(tmp_path / "go", FAKE_GO)
    first, second = find(tmp_path), find(tmp_path)
    assert first.returncode == second.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    built = Path(first.stdout.strip())
    assert os.access(built / NAME, os.X_OK)
    assert built.is_relative_to(tmp_path / "cache")
    (call,) = (tmp_path / "go-calls").read_text().splitlines()
    assert "-mod=readonly" in call
    assert call.endswith(PACKAGE)


def test_host_on_path_comes_first(tmp_path: Path) -> None:
    executable(tmp_path / NAME, "#!/bin/sh\n")
    assert find(tmp_path).stdout == f"{tmp_path}\n"


def test_missing_go_is_reported(tmp_path: Path) -> None:
    found = find(tmp_path)
    assert found.returncode == 1
    assert "no go on PATH" in found.stderr


def test_build_that_fails_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    executable(tmp_path / "go", "#!/bin/sh\necho broken >&2\nexit 1\n")
    assert find(tmp_path).returncode == 1
    executable(tmp_path / "go", FAKE_GO)
    assert find(tmp_path).returncode == 0
