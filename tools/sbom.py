"""Writes the bill of materials of a release: what the package needs at run time, as it was tested.

``python -m tools.sbom FILE`` writes CycloneDX JSON, with the versions of this environment.
"""

from __future__ import annotations

import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Final

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE: Final = "pulumi-olt"
SCHEMA: Final = SchemaVersion.V1_6


def needed(installed: Distribution, extras: set[str]) -> list[Requirement]:
    """What an installed distribution needs here, with some of its extras."""
    requirements = map(Requirement, installed.requires or ())
    environments = [{"extra": extra} for extra in ("", *sorted(extras))]
    return [
        each
        for each in requirements
        if each.marker is None or any(map(each.marker.evaluate, environments))
    ]


def bill_of_materials(package: str = PACKAGE) -> Bom:
    """The package, all that it needs, and who of them needs whom. Its extras are not in it."""
    bom = Bom()
    bom.metadata.component = root = _component(package)
    known, waiting = {canonicalize_name(package): root}, [(package, set[str]())]
    while waiting:
        name, extras = waiting.pop()
        direct = []
        for requirement in needed(distribution(name), extras):
            key = canonicalize_name(requirement.name)
            if key not in known:
                known[key] = _component(key)
                waiting.append((key, requirement.extras))
            direct.append(known[key])
        bom.register_dependency(known[canonicalize_name(name)], direct)
    bom.components.update(each for each in known.values() if each is not root)
    return bom


def _component(name: str) -> Component:
    version = distribution(name).version
    url = PackageURL("pypi", name=canonicalize_name(name), version=version)
    return Component(name=name, version=version, purl=url, bom_ref=str(url))


def main(arguments: list[str]) -> int:
    """Write the file that is named."""
    (target,) = arguments
    text = make_outputter(bill_of_materials(), OutputFormat.JSON, SCHEMA).output_as_string(indent=2)
    Path(target).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
