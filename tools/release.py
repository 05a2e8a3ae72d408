"""Check that a tag may be released: it equals the version, and the changelog has its entries.

Run as `python -m tools.release v1.2.3`, by the release workflow, before anything is built.
"""

from __future__ import annotations

import re
import sys

from tools.workspace import ROOT, report


def problems(tag: str, version_file: str, changelog: str) -> list[str]:
    """Return the reasons why a tag may not be released; empty if it may."""
    declared = re.search(r'^__version__ = "(.*)"$', version_file, re.MULTILINE)
    version = declared[1] if declared else "none"
    found = []
    if tag != f"v{version}":
        found.append(f"the tag is {tag}, but olt_provider/_version.py holds {version}")
    section = re.search(
        rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## \[|\Z)",
        changelog,
        re.MULTILINE | re.DOTALL,
    )
    if section is None or not re.search(r"^- ", section[1], re.MULTILINE):
        found.append(f"CHANGELOG.md has no section '## [{version}] - YYYY-MM-DD' with an entry")
    return found


def main(arguments: list[str]) -> int:
    """Return 1, with the reasons, if the tag may not be released, and 2 for wrong usage."""
    if len(arguments) != 1:
        report("usage: python -m tools.release TAG")
        return 2
    version_file = (ROOT / "olt_provider" / "_version.py").read_text("utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    found = problems(arguments[0], version_file, changelog)
    for problem in found:
        report(f"failed: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
