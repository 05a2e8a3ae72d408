"""Write the bill of materials of a release: the tested run-time dependencies.

``python -m tools.sbom FILE [DISTRIBUTION ...]`` writes CycloneDX JSON, with the versions of this
environment, the locked hashes, and the hashes of the given distributions. Dependencies of extras
have the scope ``optional``.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Final

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.environment import LOCK

PACKAGE: Final = "pulumi-olt"
SCHEMA: Final = SchemaVersion.V1_6
PINNED: Final = re.compile(r"^([a-z0-9-]+)==(\S+)((?:.*\\\n)*.*)", re.MULTILINE)
SHA256: Final = re.compile(r"sha256:([0-9a-f]{64})")


def needed(installed: Distribution, extras: Iterable[str]) -> list[Requirement]:
    """Return the requirements of an installed distribution here, with some of its extras."""
    requirements = map(Requirement, installed.requires or ())
    environments = [{"extra": extra} for extra in ("", *sorted(extras))]
    return [
        each
        for each in requirements
        if each.marker is None or any(map(each.marker.evaluate, environments))
    ]


def closure(package: str, extras: Iterable[str]) -> dict[str, set[str]]:
    """Return a package with all its requirements: name -> names of its own requirements."""
    wanted: dict[str, set[str]] = {canonicalize_name(package): set(extras)}
    waiting = [canonicalize_name(package)]
    found: dict[str, set[str]] = {}
    while waiting:
        name = waiting.pop()
        requirements = needed(distribution(name), wanted[name])
        found[name] = {str(canonicalize_name(each.name)) for each in requirements} - {name}
        for each in requirements:
            key = canonicalize_name(each.name)
            if key not in wanted or not each.extras <= wanted[key]:
                wanted[key] = wanted.get(key, set()) | each.extras
                waiting.append(key)
    return found


def bill_of_materials(package: str = PACKAGE, files: Iterable[Path] = ()) -> Bom:
    """Return the package, its extras and all requirements, with the dependencies between them."""
    extras = distribution(package).metadata.get_all("Provides-Extra") or ()
    everything, required = closure(package, extras), closure(package, ())
    locked, root = locked_hashes(), canonicalize_name(package)
    components = {
        name: _component(
            name,
            ComponentScope.REQUIRED if name in required else ComponentScope.OPTIONAL,
            locked.get((name, distribution(name).version), ()),
        )
        for name in everything
        if name != root
    }
    components[root] = _component(
        root, None, [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    )
    bom = Bom()
    bom.metadata.component = components[root]
    bom.components.update(each for name, each in components.items() if name != root)
    for name, needs in everything.items():
        bom.register_dependency(components[name], [components[each] for each in sorted(needs)])
    return bom


def locked_hashes() -> Mapping[tuple[str, str], list[str]]:
    """Name and version -> the hashes of the files that may be installed."""
    return {
        (name, version): SHA256.findall(rest)
        for name, version, rest in PINNED.findall(LOCK.read_text("utf-8"))
    }


def _component(name: str, scope: ComponentScope | None, hashes: Iterable[str]) -> Component:
    version = distribution(name).version
    url = PackageURL("pypi", name=name, version=version)
    return Component(
        name=name,
        version=version,
        purl=url,
        bom_ref=str(url),
        scope=scope,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in hashes],
    )


def main(arguments: list[str]) -> int:
    """Write the file given first; the other arguments are the distributions of the release."""
    target, *files = map(Path, arguments)
    bom = bill_of_materials(files=files)
    text = make_outputter(bom, OutputFormat.JSON, SCHEMA).output_as_string(indent=2)
    target.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
