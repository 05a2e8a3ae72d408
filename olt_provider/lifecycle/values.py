"""Validation rules for single values, and the form in which the state holds them.

No message quotes a value: a program may mark any of them as a secret, or put one in a wrong place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from olt_provider.api.ids import uuid_of


class Unknown:
    """A value that is not known before another resource exists. Only previews have such values."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()

MOST_DAYS: Final = 36500

STATUSES: Final = ("active", "inactive")

# The constructors in Python make a mapping of every sequence but one that names a tenant twice.
MAPPING: Final = "must map tenant IDs to comments"
REPEATED: Final = "a tenant is listed twice: list each tenant once"


class InvalidError(ValueError):
    """An invalid value. The message states what is allowed."""


Rule = Callable[[Any], Any]


def has_unknown(value: Any) -> bool:
    """Whether ``value`` is an unknown value or contains one at any depth."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def uuid(value: Any) -> str:
    """A UUID, returned in lower case."""
    written = text(value)
    try:
        return uuid_of(written)
    except ValueError:
        raise InvalidError(
            "not an ID: write a UUID such as 9aa3b618-8cd2-4dc0-b7a1-da6df60af254"
        ) from None


def name(value: Any) -> str:
    """A name, which must not be empty."""
    if not text(value).strip():
        raise InvalidError("a name must not be empty; leave it out to use the resource's name")
    return text(value)


def text(value: Any) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise InvalidError(f"must be text, but is a {type(value).__name__}")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidError(f"must be true or false, but is a {type(value).__name__}")
    return value


def days(value: Any) -> int:
    """A whole number of days. The engine sends every number as a float."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value != int(value) or not 1 <= value <= MOST_DAYS:
        raise InvalidError(f"must be a whole number of days, from 1 to {MOST_DAYS}")
    return int(value)


def status(value: Any) -> str:
    """The status of an application."""
    if value not in STATUSES:
        raise InvalidError(f"must be one of {', '.join(STATUSES)}")
    return text(value)


def absolute_url(value: Any) -> str:
    """An absolute URL with scheme and host."""
    url = text(value)
    try:
        parts = urlsplit(url)
        complete = bool(parts.scheme and parts.hostname)
    except ValueError:
        complete = False
    if not complete or any(character.isspace() for character in url):
        raise InvalidError(
            "not an absolute URL: write it with scheme and host, such as https://example.com/app, "
            "or leave it out for none"
        )
    return url


def redirect_uris(value: Any) -> list[str]:
    """Absolute URIs without wildcards, as a sorted list without repetitions."""
    if not isinstance(value, list | tuple):
        raise InvalidError("must be a list of URIs")
    return sorted({_redirect_uri(item, _place(item, value)) for item in value})


def _redirect_uri(value: Any, place: str) -> str:
    uri = text(value)
    if "*" in uri:
        raise InvalidError(
            f"URI {place} has a wildcard, which the platform does not allow: list each URI in full"
        )
    try:
        parts = urlsplit(uri)
        complete = bool(parts.scheme and (parts.netloc or parts.path))
    except ValueError:
        complete = False
    if not complete or any(character.isspace() for character in uri):
        raise InvalidError(
            f"URI {place} is not absolute: write it with its scheme, such as "
            "https://example.com/callback"
        )
    return uri


def _place(item: Any, items: Iterable[Any]) -> str:
    """The position of an item, in an order that a message names if the program's is not kept."""
    ordered = sorted(map(str, items))
    return f"{ordered.index(str(item)) + 1} of {len(ordered)} (in alphabetical order)"


def allowed_tenants(value: Any) -> dict[str, Any]:
    """Tenant IDs and their comments. A comment may be unknown."""
    if isinstance(value, list | tuple):
        listed = [_tenant_id(item) for item in value]
        raise InvalidError(REPEATED if len(set(listed)) < len(listed) else MAPPING)
    if not isinstance(value, Mapping):
        raise InvalidError(MAPPING)
    tenants: dict[str, Any] = {}
    for key, comment in value.items():
        place = _place(key, value)
        try:
            tenant_id = uuid(key)
        except InvalidError as error:
            raise InvalidError(f"tenant {place}: {error}") from None
        if tenant_id in tenants:
            raise InvalidError(REPEATED)
        tenants[tenant_id] = comment if comment is UNKNOWN else _comment(comment, place)
    return dict(sorted(tenants.items()))


def _comment(value: Any, place: str) -> str:
    if value is not None and not isinstance(value, str):
        raise InvalidError(f"the comment of tenant {place} must be text")
    return value or ""


def _tenant_id(item: Any) -> str:
    return uuid(item.get("tenant_id") if isinstance(item, Mapping) else item)


def trigger(value: Any) -> dict[str, Any]:
    """A mapping of any values that a state can hold and that can be compared."""
    if not _is_finite(value):
        raise InvalidError("must hold no number that is infinite or not a number")
    return mapping(value)


def _is_finite(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def mapping(value: Any) -> dict[str, Any]:
    """Any mapping."""
    if not isinstance(value, Mapping):
        raise InvalidError(f"must be a mapping, but is a {type(value).__name__}")
    return dict(value)
