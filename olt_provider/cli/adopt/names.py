"""Names for resources and variables, made of what people called their applications."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Callable, Container

RESERVED = frozenset({"annotations", "config", "pulumi", "tenant_id", *dir(builtins)})
"""What a generated program, or Python, uses itself."""


def slug(text: str) -> str:
    """Lower-case letters and digits with hyphens between them; never empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "application"


def identifier(text: str) -> str:
    """A name that Python takes for a variable."""
    name = slug(text).replace("-", "_")
    if name[0].isdigit():
        name = f"app_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


class Unique:
    """Gives each name once: the second ``reporting`` is ``reporting-2``."""

    def __init__(self, make: Callable[[str], str], joined_by: str) -> None:
        self._make = make
        self._joined_by = joined_by
        self._given: set[str] = set()

    def __call__(self, text: str) -> str:
        name = _free(self._make(text), self._joined_by, self._given)
        self._given.add(name)
        return name


def _free(name: str, joined_by: str, given: Container[str]) -> str:
    candidate, number = name, 1
    while candidate in given:
        number += 1
        candidate = f"{name}{joined_by}{number}"
    return candidate
