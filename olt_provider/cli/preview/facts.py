"""The known values of an application: from a state, a declaration or the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from olt_provider.api.applications import Application
from olt_provider.cli.preview.steps import SECRET, UNKNOWN, State, an_id

HIDDEN: Final = (SECRET, UNKNOWN)
Managed = Literal["managed", "unmanaged", "hidden"]


@dataclass(frozen=True)
class Facts:
    """The known values of an application. ``None``: not known, because hidden or not declared.

    ``allowed``: tenant -> comment. ``tenants``: whether a program manages them. ``installed`` is
    only known from the platform.
    """

    name: str | None = None
    owner: str | None = None
    status: str | None = None
    allowed: Mapping[str, Any] | None = None
    tenants: Managed = "unmanaged"
    public: bool | None = None
    redirects: frozenset[str] | None = None
    client_id: str | None = None
    guarded: bool = True
    """Whether the duplicate-name guard is active."""
    forced: bool = False
    """Whether it is deleted although it is installed."""
    installed: frozenset[str] = field(default_factory=frozenset)
    complete: bool = False
    """Whether the values are the platform's, not those of a state."""


def before(state: State) -> Facts:
    """Return the values of a state. Its outputs contain every input."""
    return _facts({**state.inputs, **state.outputs}, state.outputs)


def after(state: State) -> Facts:
    """Return the declared values, with the platform's defaults for the rest."""
    return _facts(state.inputs, {})


def on_platform(found: Application) -> Facts:
    """Return the present values of the platform."""
    return Facts(
        name=found.name,
        owner=found.tenant_id,
        status=found.status,
        allowed={each.tenant_id: each.comment for each in found.allowed_tenants},
        tenants="managed",
        public=found.with_public_oauth2_client,
        redirects=frozenset(found.redirect_uris),
        client_id=found.oauth2_client.id,
        installed=frozenset(each.tenant_id for each in found.allowed_tenants if each.installed),
        complete=True,
    )


def _facts(props: Mapping[str, Any], outputs: Mapping[str, Any]) -> Facts:
    allowed = props.get("allowed_tenants")
    known = isinstance(allowed, Mapping) and not set(HIDDEN) & allowed.keys()
    status = props.get("status", "active")
    public = props.get("with_public_oauth2_client", False)
    redirects = props.get("redirect_uris", [])
    listed = isinstance(redirects, list) and not any(each in HIDDEN for each in redirects)
    return Facts(
        name=_shown(props.get("name")),
        owner=an_id(props.get("tenant_id")),
        status=_shown(status),
        allowed=allowed if known else None,
        tenants="managed" if known else "unmanaged" if allowed is None else "hidden",
        public=public if isinstance(public, bool) else None,
        redirects=frozenset(map(str, redirects)) if listed else None,
        client_id=an_id(outputs.get("client_id")),
        guarded=props.get("prevent_duplicate_name") is not False,
        forced=props.get("force_destroy") is True,
    )


def _shown(value: Any) -> str | None:
    return value if isinstance(value, str) and value not in HIDDEN else None
