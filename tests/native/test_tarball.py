from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import yaml

from olt_provider._version import __version__
from tools import plugin


def test_release_has_a_tarball_for_each_platform_and_the_schema(tmp_path: Path) -> None:
    names = [path.name for path in plugin.build(tmp_path)]
    assert names == [
        *(f"pulumi-resource-olt-v{__version__}-{each}.tar.gz" for each in plugin.PLATFORMS),
        f"pulumi-olt-schema-v{__version__}.json",
    ]
    schema = json.loads((tmp_path / names[-1]).read_text())
    assert (schema["name"], schema["version"]) == ("olt", __version__)


def test_tarball_installs_the_wheel_of_its_version_and_starts_the_plugin() -> None:
    with tarfile.open(fileobj=io.BytesIO(plugin.tarball(plugin.contents()))) as archive:
        files = {}
        for member in archive.getmembers():
            extracted = archive.extractfile(member)
            assert extracted is not None
            files[member.name] = extracted.read().decode()
    assert files["requirements.txt"] == f"pulumi-olt=={__version__}\n"
    assert yaml.safe_load(files["PulumiPlugin.yaml"])["runtime"]["name"] == "python"
    compile(files["__main__.py"], "__main__.py", "exec")
    assert "olt_provider.native.main" in files["__main__.py"]


def test_equal_releases_are_equal_bytes() -> None:
    assert plugin.tarball(plugin.contents()) == plugin.tarball(plugin.contents())
