"""Check the types of constructors' arguments, with a ``TypeError`` that shows the right form.

No message quotes a value, because it may be a secret.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pulumi

TENANT_FORMS: Final = '{0}={{"<tenant ID>": "<comment>"}} or {0}=["<tenant ID>", ...]'


def require_options(opts: object) -> None:
    """Raise ``TypeError`` for anything but resource options."""
    if opts is not None and not isinstance(opts, pulumi.ResourceOptions):
        raise _wrong("opts", opts, "opts=pulumi.ResourceOptions(...)")


def require_many(argument: str, value: object, form: str) -> None:
    """Raise ``TypeError`` for a single value where several are expected. An Output is accepted."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable | pulumi.Output):
        raise _wrong(argument, value, form)


def require_mapping(argument: str, value: object, form: str) -> None:
    """Raise ``TypeError`` for anything but a mapping. An Output is accepted."""
    if not isinstance(value, Mapping | pulumi.Output | None):
        raise _wrong(argument, value, form)


def require_tenants(argument: str, value: object) -> None:
    """Raise ``TypeError`` for anything but a mapping or a sequence of tenants."""
    require_many(argument, value, TENANT_FORMS.format(argument))


def require_generation(value: object) -> None:
    """Raise ``TypeError`` for anything but an integer, ``ValueError`` for one below 1.

    An Output is refused, because the value selects an application in every preview.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong("generation", value, "generation=pulumi.Config().require_int(...)")
    if value < 1:
        raise ValueError(f"generation is {value}, but the first one is 1")


def fields(argument: str, value: object, needed: str, optional: str) -> dict[str, Any]:
    """Return the two fields of an ``...Args`` object or of a mapping with the same keys."""
    form = f"{argument}={{{needed!r}: ..., {optional!r}: ...}}"
    if not isinstance(value, Mapping):
        if not hasattr(value, needed) or isinstance(value, pulumi.Output):
            raise _wrong(argument, value, form)
        return {needed: getattr(value, needed), optional: getattr(value, optional)}
    unknown = sorted(str(key) for key in value if key not in (needed, optional))
    if unknown:
        close = difflib.get_close_matches(unknown[0].lower(), (needed, optional), n=1, cutoff=0)
        raise TypeError(f"{argument}: {unknown[0]!r} is not a key: use {close[0]!r}")
    if value.get(needed) is None:
        raise TypeError(f"{argument}: {needed!r} is missing: write {form}")
    return {needed: value[needed], optional: value.get(optional)}


def _wrong(argument: str, value: object, form: str) -> TypeError:
    return TypeError(f"{argument} cannot be a {type(value).__name__}: write {form}")
