"""Messages of the lifecycle in the naming of the wire, such as ``allowedTenants``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from olt_provider.native.names import camel

_ADOPT_ARGS: Final = re.compile(r"adopt=AdoptArgs\(([^()]*)\)")
_ALIAS: Final = re.compile(
    r"opts=pulumi\.ResourceOptions\(aliases=\[pulumi\.Alias\(name=(.*?)\)\]\)"
)
_FLAGS: Final = re.compile(r"\b([a-z]+[A-Z]\w*): (True|False)\b")


class Wording:
    """Writes property names in camelCase.

    Only the names in ``properties`` are changed, so that other text stays as it is.
    """

    def __init__(self, properties: Iterable[str]) -> None:
        names = "|".join(sorted((name for name in properties if "_" in name), reverse=True))
        self._named = re.compile(rf"\b({names})\b(=(?=[\[{{\"TF.])| = )?")

    def of(self, text: str) -> str:
        """The text with camelCase names and without Python's literals."""
        text = _ADOPT_ARGS.sub(r"adopt: {\1}", text)
        text = _ALIAS.sub(r"the resource option aliases: [{name: \1}]", text)
        text = self._named.sub(lambda found: camel(found[1]) + (": " if found[2] else ""), text)
        return _FLAGS.sub(lambda found: f"{found[1]}: {found[2].lower()}", text)
