"""Variants of the responses that the contract allows, to test clients with each of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from olt_provider.emulator import contract
from olt_provider.emulator.fault_responses import UnsentResponse

Variant = Literal[
    "small_pages",
    "pages_of_50",
    "no_page_size",
    "no_meta",
    "paged_installed_tenants",
    "no_content",
    "short_registration",
    "bare_secret",
]
"""
``small_pages``: a page holds at most 5 items. ``pages_of_50``: at most 50, also by default.
``no_page_size``: ``meta`` without ``pageSize``. ``no_meta``: lists without ``meta``.
``paged_installed_tenants``: the installed tenants come in pages. ``no_content``: PATCH and PUT
return 204 without a body. ``short_registration``: the response to a registration holds the IDs, the
secret and nothing else. ``bare_secret``: a new secret comes as ``data.secret``.
"""
VARIANTS: Final[tuple[Variant, ...]] = get_args(Variant)

SMALL_PAGE: Final = 5
PAGE_OF_50: Final = 50
OWNED: Final = "/application-developer/applications"


def page_limits(active: Set[Variant]) -> tuple[int, int]:
    """Return the default size of a page, and its maximum."""
    if "small_pages" in active:
        return SMALL_PAGE, SMALL_PAGE
    if "pages_of_50" in active:
        return PAGE_OF_50, PAGE_OF_50
    return contract.DEFAULT_PAGE_SIZE, contract.MAX_PAGE_SIZE


def varied(
    active: Set[Variant], method: str, template: str | None, response: UnsentResponse
) -> UnsentResponse:
    """Return the response in the active variants. Refusals are unchanged."""
    if response.status >= 300 or not response.body:
        return response
    body = json.loads(response.body)
    if "no_content" in active and method in {"PATCH", "PUT"}:
        return UnsentResponse(204)
    if isinstance(body, dict) and "meta" in body:
        _vary_meta(active, body)
    change = _CHANGES.get((method, template))
    if change is not None and change[0] in active:
        body["data"] = change[1](body["data"])
    response.body = json.dumps(body).encode()
    return response


def _vary_meta(active: Set[Variant], body: dict[str, Any]) -> None:
    if "no_meta" in active:
        del body["meta"]
    elif "no_page_size" in active:
        body["meta"].pop("pageSize", None)


def _short(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in ("id", "oauth2Client")}


def _bare(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"secret": data["oauth2Client"]["secret"]}


_CHANGES: Final[
    Mapping[tuple[str, str | None], tuple[Variant, Callable[[Mapping[str, Any]], dict[str, Any]]]]
] = MappingProxyType(
    {
        ("POST", OWNED): ("short_registration", _short),
        ("POST", f"{OWNED}/{{applicationId}}/secret"): ("bare_secret", _bare),
    }
)
