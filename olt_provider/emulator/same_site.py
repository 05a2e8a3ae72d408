"""Refuse requests from web pages of other origins: DNS rebinding and cross-site requests."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Final

from olt_provider.emulator import problems
from olt_provider.emulator.connection import App, Receive, Scope, Send

HOST: Final = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::[0-9]+)?")
SAME_SITE: Final = ("", "same-origin", "none")
"""Accepted ``Sec-Fetch-Site``: absent, from a page of the emulator, typed by the user."""
FOREIGN_HOST: Final = (
    "FOREIGN_HOST",
    "The emulator accepts only requests for localhost, a loopback address, or its own address",
)
CROSS_SITE: Final = ("CROSS_SITE", "The emulator refuses requests that pages of other origins make")


def refusing_foreign(app: App, host: str) -> App:
    """Wrap an application so that it accepts only requests for this machine, not from other pages.

    :param host: The name or address that the emulator listens on.
    """

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        if not _is_own(headers.get("host", ""), host, scope):
            await problems.envelope(403, *FOREIGN_HOST)(scope, receive, send)
        elif _is_cross_site(headers, scope["scheme"]):
            await problems.envelope(403, *CROSS_SITE)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return guarded


def _is_own(header: str, host: str, scope: Scope) -> bool:
    found = HOST.fullmatch(header.lower())
    if found is None:
        return False
    name = found["six"] or found["name"]
    listened_on = (scope.get("server") or ("",))[0]
    return name in {"localhost", host.lower(), listened_on} or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_cross_site(headers: Mapping[str, str], scheme: str) -> bool:
    origin = headers.get("origin")
    own = f"{scheme}://{headers['host']}"
    return headers.get("sec-fetch-site", "") not in SAME_SITE or origin not in (None, own)
