"""Plain words: programs return, raise, report, print and log. A short list, not a grammar.

A server sends a response. In CLI prompts a person answers, and no prompt of ours needs the word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tools.workspace import ROOT

AVOIDED: Final = re.compile(
    r"(?<![a-z])"
    r"(tell|tells|told|say|says|said|whoever|nobody|mend|mends|mended|anew|by[ _]hands?"
    r"|(un)?answer(s|ed|ing)?"
    r"|knows|believes?|believed|hears?|speaks?|learns?|learned"
    r"|whatever|somebody|anybody|everybody|for[ _]good|of[ _]no[ _]use|lets?[ _]go)"
    r"(?![a-z])",
    re.IGNORECASE,
)
FOLDERS: Final = ("olt_provider", "docs", "examples", "tests", "tools", "benchmarks")
PAGES: Final = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
ALLOWED: Final = {
    "tests/engine/kept_states.py": "a resource of a state that is kept as it is",
    "tests/native/test_migration.py": "the same resource",
    "tests/test_words.py": "the list itself",
}


def lines() -> Iterator[tuple[str, str]]:
    """Each path and line of the project's own text, with its place."""
    files = [ROOT / page for page in PAGES if (ROOT / page).exists()]
    for folder in FOLDERS:
        files += [each for end in ("*.py", "*.md") for each in sorted((ROOT / folder).rglob(end))]
    for file in files:
        name = file.relative_to(ROOT).as_posix()
        if name in ALLOWED:
            continue
        yield name, name
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            yield f"{name}:{number}", line


def test_text_is_in_plain_words() -> None:
    found = [f"{place}: {line.strip()}" for place, line in lines() if AVOIDED.search(line)]
    assert found == []
