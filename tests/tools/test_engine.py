from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import engine_sources
from tools.engine_sources import NEEDED, SCRIPTS, VERSION
from tools.workspace import ROOT

FAKE_GO = f"""\
#!/bin/sh
echo "$@" >>"$GO_CALLS"
case "$1" in
list) echo "$FAKE_SDK" ;;
build)
    [ -z "$GO_FAILS" ] || {{ echo "go: this build is broken" >&2; exit 1; }}
    while [ "$1" != "-o" ]; do shift; done
    case "$3" in
    */cmd/pulumi) name=pulumi ;;
    *) name=pulumi-language-python ;;
    esac
    printf '#!/bin/sh\\necho {VERSION}\\n' >"$2/$name"
    chmod +x "$2/$name"
    ;;
esac
"""


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def fake_engine(folder: Path, version: str = VERSION) -> Path:
    for name in NEEDED:
        executable(folder / name, f"#!/bin/sh\necho v{version}\n")
    return folder


class Setup:
    """Runs the script as a user does, with a PATH, a home and a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "path"
        self.path.mkdir()
        self.cache = folder / "cache"
        self.go_calls = folder / "go-calls"
        sdk = folder / "sdk"
        for script in SCRIPTS:
            executable(sdk / script, "#!/bin/sh\n")
        self.env = {
            "PATH": f"{self.path}:/usr/bin:/bin",
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(self.cache),
            "GO_CALLS": str(self.go_calls),
            "FAKE_SDK": str(sdk),
        }

    def with_go(self) -> None:
        executable(self.path / "go", FAKE_GO)

    def popen(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tools.engine", *arguments],
            cwd=ROOT,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        process = self.popen(*arguments, **env)
        stdout, stderr = process.communicate(timeout=60)
        return subprocess.CompletedProcess([], process.returncode, stdout, stderr)

    def builds(self) -> int:
        if not self.go_calls.exists():
            return 0
        calls = self.go_calls.read_text().splitlines()
        return sum(call.startswith("build") for call in calls)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def test_an_engine_on_path_comes_first(setup: Setup) -> None:
    setup.with_go()
    fake_engine(setup.path)
    result = setup.run()
    assert result.stdout == f"{setup.path}\n"
    assert setup.builds() == 0


def test_an_engine_on_path_may_be_a_link_to_where_it_is_installed(setup: Setup) -> None:
    installed = fake_engine(setup.folder / "installed")
    (setup.path / "pulumi").symlink_to(installed / "pulumi")
    assert setup.run().stdout == f"{installed}\n"


def test_an_engine_without_the_python_host_is_passed_over(setup: Setup) -> None:
    fake_engine(setup.path)
    (setup.path / "pulumi-language-python").unlink()
    setup.with_go()
    result = setup.run()
    assert result.returncode == 0
    assert result.stdout.startswith(str(setup.cache))


@pytest.mark.parametrize("version", ["3.99.0", "2.256.0", "3.255.9"])
def test_an_engine_that_is_too_old_is_passed_over(setup: Setup, version: str) -> None:
    fake_engine(setup.path, version)
    result = setup.run("--source", "path")
    assert result.returncode == 1
    assert f"is v{version}, older than {VERSION}" in result.stderr


@pytest.mark.parametrize("version", ["3.256.1", "3.300.0", "4.0.0"])
def test_a_newer_engine_is_taken(setup: Setup, version: str) -> None:
    fake_engine(setup.path, version)
    assert setup.run("--source", "path").returncode == 0


def test_a_built_engine_is_whole(setup: Setup) -> None:
    setup.with_go()
    folder = Path(setup.run().stdout.strip())
    assert sorted(file.name for file in folder.iterdir()) == sorted(NEEDED)
    assert all(os.access(folder / name, os.X_OK) for name in NEEDED)


def test_the_second_set_up_builds_nothing(setup: Setup) -> None:
    setup.with_go()
    first = setup.run()
    built = setup.builds()
    assert setup.run().stdout == first.stdout
    assert setup.builds() == built


def test_the_kept_engine_needs_no_go(setup: Setup) -> None:
    setup.with_go()
    first = setup.run()
    (setup.path / "go").unlink()
    assert setup.run().stdout == first.stdout


def test_a_failed_build_leaves_nothing_that_could_be_taken_for_an_engine(setup: Setup) -> None:
    setup.with_go()
    result = setup.run("--source", "go", GO_FAILS="1")
    assert result.returncode == 1
    assert "go: this build is broken" in result.stderr
    assert list((setup.cache / "pulumi-olt" / "engine").iterdir()) == []


def test_two_set_ups_at_a_time_build_once(setup: Setup) -> None:
    setup.with_go()
    both = [setup.popen("--source", "go") for _ in range(2)]
    folders = [process.communicate(timeout=60)[0] for process in both]
    assert folders[0] == folders[1] != ""
    assert setup.builds() == len(["the CLI", "its Python host"])


def test_the_error_lists_everything_that_was_tried_and_why_it_failed(setup: Setup) -> None:
    result = setup.run("--source", "path", "--source", "cache", "--source", "go")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "Install the Pulumi CLI" in result.stderr
    assert "- path: no pulumi on PATH" in result.stderr
    assert "- cache: none kept in" in result.stderr
    assert "- go: no go on PATH" in result.stderr


def test_other_pins_have_another_place_in_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = engine_sources.go_folder()
    for module in ("CLI_MODULE", "HOST_MODULE"):
        copy = tmp_path / module
        copy.mkdir()
        for name in ("go.mod", "go.sum"):
            (copy / name).write_bytes((getattr(engine_sources, module) / name).read_bytes())
        monkeypatch.setattr(engine_sources, module, copy)
    assert engine_sources.go_folder() == before
    (tmp_path / "CLI_MODULE" / "go.sum").write_text("other\n")
    assert engine_sources.go_folder() != before


@pytest.mark.parametrize(
    ("module", "pin"),
    [
        (engine_sources.CLI_MODULE, f"github.com/pulumi/pulumi/pkg/v3 v{VERSION}"),
        (engine_sources.CLI_MODULE, f"github.com/pulumi/pulumi/sdk/v3 v{VERSION}"),
        (engine_sources.HOST_MODULE, "github.com/pulumi/pulumi/sdk/v3 v3.75.0"),
    ],
)
def test_the_modules_pin_the_version_that_is_announced(module: Path, pin: str) -> None:
    assert pin in (module / "go.mod").read_text()
    assert f"{pin} h1:" in (module / "go.sum").read_text()
