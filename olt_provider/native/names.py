"""Names of the native form: type tokens, and camelCase property names beside snake_case ones."""

from __future__ import annotations

import functools
import re
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
"""The property that only states of the dynamic form have."""

ALIASES: Final = {
    APPLICATION: DYNAMIC_APPLICATION,
    INSTALLATION: DYNAMIC_INSTALLATION,
    BACKGROUND_APPLICATION: DYNAMIC_BACKGROUND_APPLICATION,
}
"""Native type token -> the type token of the dynamic form."""

_SNAKE: Final = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")


@functools.cache
def snake(name: str) -> str:
    """``allowedTenants`` as ``allowed_tenants``; one in snake_case, or with ``__``, stays."""
    if name.startswith("__"):
        return name
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@functools.cache
def camel(name: str) -> str:
    """``allowed_tenants`` as ``allowedTenants``; one in camelCase, or with ``__``, stays."""
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
