from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.language_hosts import HOSTS
from tools.workspace import ROOT

FAKE_GO = """\
#!/bin/sh
echo "$@" >>"$GO_CALLS"
while [ "$1" != "-o" ]; do shift; done
: >"$2/${3##*/}"
chmod +x "$2/${3##*/}"
"""


def executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def find(folder: Path, language: str = "go") -> subprocess.CompletedProcess[str]:
    """Run the tool with a PATH, a home and a cache of its own."""
    env = {
        "PATH": f"{folder}:/usr/bin:/bin",
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "GO_CALLS": str(folder / "go-calls"),
    }
    return subprocess.run(
        [sys.executable, "-m", "tools.language_hosts", language],
        cwd=ROOT,
        env=env,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("language", HOSTS)
def test_host_is_built_once_and_taken_from_the_cache_afterwards(
    tmp_path: Path, language: str
) -> None:
    executable(tmp_path / "go", FAKE_GO)
    first, second = find(tmp_path, language), find(tmp_path, language)
    assert first.returncode == second.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    built = Path(first.stdout.strip())
    assert os.access(built / HOSTS[language].name, os.X_OK)
    assert built.is_relative_to(tmp_path / "cache")
    (call,) = (tmp_path / "go-calls").read_text().splitlines()
    assert "-mod=readonly" in call
    assert call.endswith(HOSTS[language].package)


def test_host_on_path_comes_first(tmp_path: Path) -> None:
    executable(tmp_path / HOSTS["go"].name, "#!/bin/sh\n")
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
