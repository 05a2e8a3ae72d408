"""Names of the native form: type tokens, camelCase property names, and both in messages."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Final

PACKAGE: Final = "olt"
APPLICATION: Final = "olt:index:Application"
INSTALLATION: Final = "olt:index:Installation"
BACKGROUND_APPLICATION: Final = "olt:index:BackgroundApplication"
PROVIDER: Final = "pulumi:providers:olt"

DYNAMIC_APPLICATION: Final = "pulumi-python:dynamic/olt:OltApplication"
DYNAMIC_INSTALLATION: Final = "pulumi-python:dynamic/olt:OltInstallation"
DYNAMIC_BACKGROUND_APPLICATION: Final = "olt:index:OltBackgroundApplication"
DYNAMIC_PROVIDER_PROPERTY: Final = "__provider"
"""The property by which states of the dynamic form are recognised."""

ALIASES: Final = {
    APPLICATION: DYNAMIC_APPLICATION,
    INSTALLATION: DYNAMIC_INSTALLATION,
    BACKGROUND_APPLICATION: DYNAMIC_BACKGROUND_APPLICATION,
}
"""Native type token -> the type token of the dynamic form."""


_ADOPT_ARGS: Final = re.compile(r"adopt=AdoptArgs\(([^()]*)\)")
_ALIAS: Final = re.compile(
    r"opts=pulumi\.ResourceOptions\(aliases=\[pulumi\.Alias\(name=(.*?)\)\]\)"
)
_FLAGS: Final = re.compile(r"\b([a-z]+[A-Z]\w*): (True|False)\b")


@functools.cache
def snake(name: str) -> str:
    """Return ``allowedTenants`` as ``allowed_tenants``. Names that start with ``__`` stay."""
    if name.startswith("__"):
        return name
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@functools.cache
def camel(name: str) -> str:
    """Return ``allowed_tenants`` as ``allowedTenants``. Names that start with ``__`` stay."""
    if name.startswith("__"):
        return name
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def resource_type(urn: str) -> str:
    """The type token in a URN, without those of its parents."""
    return urn.split("::")[2].rpartition("$")[2]


def resource_name(urn: str) -> str:
    """The resource's name in a URN."""
    return urn.split("::", 3)[3]


class Wording:
    """Rewrites the lifecycle's messages in the native form's naming, such as ``allowedTenants``.

    Only the names in ``properties`` are changed, so that other text stays as it is.
    """

    def __init__(self, properties: Iterable[str]) -> None:
        names = "|".join(sorted((name for name in properties if "_" in name), reverse=True))
        self._named = re.compile(rf"\b({names})\b(=(?=[\[{{\"TF.])| = )?")

    def of(self, text: str) -> str:
        """Return the text with camelCase names and without Python's literals."""
        text = _ADOPT_ARGS.sub(r"adopt: {\1}", text)
        text = _ALIAS.sub(r"the resource option aliases: [{name: \1}]", text)
        text = self._named.sub(lambda found: camel(found[1]) + (": " if found[2] else ""), text)
        return _FLAGS.sub(lambda found: f"{found[1]}: {found[2].lower()}", text)
