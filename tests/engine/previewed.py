"""One stack with a resource for each kind of change, and the expected preview of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.engine.hosts import NATIVE, Host

Expected = Mapping[str, tuple[str, set[str]]]
"""By resource name: the operation, and the paths that change."""

A, B, C = (f"{letter}0000000-0000-4000-8000-00000000000{letter}" for letter in "abc")
TO_ADOPT: Final = "ad000000-0000-4000-8000-000000000001"
ADOPTED: Final = "ad000000-0000-4000-8000-000000000002"
EXTERNAL: Final = "e0000000-0000-4000-8000-00000000000e"
SECRETS: Final = ("a-known-secret", "a-secret-trigger", "another-secret-trigger")
FIXED: Final = {A, B, C, TO_ADOPT, ADOPTED, EXTERNAL}
SEED: Final = {
    "tenants": [
        {
            "id": A,
            "name": "Tenant A",
            "applications": [
                {"id": TO_ADOPT, "registration": {"name": "Manual"}},
                {
                    "id": ADOPTED,
                    "clientSecret": SECRETS[0],
                    "registration": {"name": "adopt-taken-out"},
                },
                {
                    "id": EXTERNAL,
                    "registration": {
                        "name": "external",
                        "allowedTenants": [{"tenantId": A, "comment": ""}],
                    },
                    "installedIn": [A],
                },
            ],
        },
        {"id": B, "name": "Tenant B"},
        {"id": C, "name": "Tenant C"},
    ]
}


@dataclass(frozen=True)
class Change:
    """The arguments before and after, as a program writes them; None: it is not declared.

    ``shown`` are the paths that the preview must show as changing, and no others.
    """

    before: str | None
    after: str | None
    shown: frozenset[str] = frozenset()

    @property
    def operation(self) -> str:
        if self.before is None:
            return "create"
        if self.after is None:
            return "delete"
        return "replace" if "tenant_id" in self.shown else "update"


def _change(before: str | None, after: str | None, *shown: str) -> Change:
    return Change(before, after, frozenset(shown))


def _tenant(tenant_id: str) -> str:
    return f'allowed_tenants["{tenant_id}"]'


CHANGES: Final = {
    "created": _change(None, ""),
    "created-with-all": _change(
        None,
        'name="Sample", allowed_tenants=[b, AllowedTenantArgs(a, "a note")], '
        'redirect_uris=["https://b.example", "https://a.example"], url="https://a.example", '
        'teaser_description="Reads devices", with_public_oauth2_client=True, status="inactive", '
        'rotate_secret_when_changed={"month": "2026-11"}, force_destroy=True',
    ),
    "renamed": _change("", 'name="Renamed"', "name"),
    "tenant-added": _change(
        'allowed_tenants={a: "owner"}', 'allowed_tenants={a: "owner", b: "new"}', _tenant(B)
    ),
    "tenant-removed": _change(
        'allowed_tenants={a: "owner", b: "old"}', 'allowed_tenants={a: "owner"}', _tenant(B)
    ),
    "comment-changed": _change(
        'allowed_tenants={a: "owner", b: "old"}',
        'allowed_tenants={a: "owner", b: "new"}',
        _tenant(B),
    ),
    "comment-unknown": _change(
        'allowed_tenants={a: "owner", b: "old"}',
        'allowed_tenants={a: "owner", b: created.client_id}',
        _tenant(B),
    ),
    "tenant-unknown": _change(
        "allowed_tenants=[a, b]", "allowed_tenants=[a, created.id]", "allowed_tenants"
    ),
    "tenants-become-managed": _change("", "allowed_tenants=[a, b]", "allowed_tenants"),
    "tenants-become-unmanaged": _change("allowed_tenants=[a, b]", "", "allowed_tenants"),
    "all-tenants-removed": _change("allowed_tenants=[a]", "allowed_tenants={}", _tenant(A)),
    "url-set": _change("", 'url="https://a.example"', "url"),
    "url-unset": _change('url="https://a.example"', "", "url"),
    "redirect-uri-added": _change(
        'redirect_uris=["https://a.example"]',
        'redirect_uris=["https://b.example", "https://a.example"]',
        "redirect_uris[1]",
    ),
    "redirect-uri-inserted": _change(  # the engine compares lists by position
        'redirect_uris=["https://a.example", "https://c.example"]',
        'redirect_uris=["https://a.example", "https://b.example", "https://c.example"]',
        "redirect_uris[1]",
        "redirect_uris[2]",
    ),
    "description-unset": _change('teaser_description="Old"', "", "teaser_description"),
    "public-client": _change("", "with_public_oauth2_client=True", "with_public_oauth2_client"),
    "set-inactive": _change("", 'status="inactive"', "status"),
    "force-destroy": _change("", "force_destroy=True", "force_destroy"),
    "equal-names": _change("", "prevent_duplicate_name=False", "prevent_duplicate_name"),
    "rotated": _change(
        'rotate_secret_when_changed={"month": "2026-11", "key": "same"}',
        'rotate_secret_when_changed={"month": "2026-12", "key": "same"}',
        "rotate_secret_when_changed.month",
    ),
    "rotated-for-the-first-time": _change(
        "", 'rotate_secret_when_changed={"month": "2026-12"}', "rotate_secret_when_changed"
    ),
    "rotated-by-a-secret": _change(
        f'rotate_secret_when_changed={{"key": pulumi.Output.secret({SECRETS[1]!r})}}',
        f'rotate_secret_when_changed={{"key": pulumi.Output.secret({SECRETS[2]!r})}}',
        "rotate_secret_when_changed.key",
    ),
    "rotation-taken-out": _change(
        'rotate_secret_when_changed={"month": "2026-11"}', "", "rotate_secret_when_changed"
    ),
    "adopted": _change(
        None, f'adopt=AdoptArgs({TO_ADOPT!r}, {SECRETS[0]!r}), url="https://a.example"'
    ),
    "replaced": _change(
        "allowed_tenants=[a, b]", "tenant_id=b, allowed_tenants=[a, b]", "tenant_id"
    ),
    "deleted": _change("", None),
    "dependent-of-client-id": _change(
        "teaser_description=renamed.client_id",
        "teaser_description=renamed.client_id",
        "teaser_description",
    ),
}
UNCHANGED: Final = {
    "as-it-was": (
        'allowed_tenants={a: None, b.upper(): "x"}, redirect_uris=["https://b", "https://a"]',
        'allowed_tenants=[AllowedTenantArgs(b, "x"), a], redirect_uris=["https://a", "https://b"]',
    ),
    "adopt-taken-out": (f"adopt=AdoptArgs({ADOPTED!r}, {SECRETS[0]!r})", ""),
    "dependent-of-id": ("teaser_description=renamed.id", "teaser_description=renamed.id"),
    "drifted": ('url="https://a.example", allowed_tenants={a: "owner", b: "old"}',) * 2,
    "drifted-and-gone": ("", ""),
}
HEADER: Final = f"""
import pulumi
from olt_provider import *
a, b, c, external = {A!r}, {B!r}, {C!r}, {EXTERNAL!r}
"""
BEFORE_TOO: Final = """
allowed = OltApplication("allowed", allowed_tenants=[a, b, c])
OltInstallation("drifted-and-uninstalled", application_id=allowed.id, tenant_id=c)
OltInstallation("moved", application_id=allowed.id, tenant_id=a)
OltInstallation("moved-with-its-application", application_id=replaced.id, tenant_id=b)
OltInstallation("uninstalled", application_id=allowed.id, tenant_id=b)
OltBackgroundApplication("background", tenants={a: "owner", b: "old"})
OltApplication.get("external", external)
OltInstallation.get("external-installation", f"{a}/{external}")
"""
AFTER_TOO: Final = """
allowed = OltApplication("allowed", allowed_tenants=[a, b, c])
OltInstallation("drifted-and-uninstalled", application_id=allowed.id, tenant_id=c)
OltInstallation("moved", application_id=allowed.id, tenant_id=b)
OltInstallation("moved-with-its-application", application_id=replaced.id, tenant_id=b)
OltInstallation("installed", application_id=created.id)
OltBackgroundApplication("background", tenants={a: "owner", c: "new"})
OltApplication.get("external", external)
OltInstallation.get("external-installation", f"{a}/{external}")
"""
ELSEWHERE: Final[Expected] = {
    "moved": ("replace", {"tenant_id"}),
    "moved-with-its-application": ("replace", {"application_id"}),
    "uninstalled": ("delete", set()),
    "installed": ("create", set()),
    "background": ("update", {_tenant(B), _tenant(C)}),
    f"background-{B}": ("delete", set()),
    f"background-{C}": ("create", set()),
    "external": ("read", set()),
    "external-installation": ("read", set()),
}
EXPECTED: Final[Expected] = {
    **{name: (change.operation, set(change.shown)) for name, change in CHANGES.items()},
    **ELSEWHERE,
}


def _program(arguments: Mapping[str, str | None], more: str) -> str:
    declared = [
        f"{name.replace('-', '_')} = OltApplication({name!r}, {given})"
        for name, given in arguments.items()
        if given is not None
    ]
    return "\n".join([HEADER, *declared, more])


BEFORE: Final = _program(
    {name: change.before for name, change in CHANGES.items()}
    | {name: before for name, (before, _) in UNCHANGED.items()},
    BEFORE_TOO,
)
AFTER: Final = _program(
    {name: change.after for name, change in CHANGES.items()}
    | {name: after for name, (_, after) in UNCHANGED.items()},
    AFTER_TOO,
)
DRIFTED: Final[Expected] = {
    "drifted": ("update", {"name", "url", "status", *map(_tenant, (A, B, C))}),
    "drifted-and-gone": ("create", set()),
    "drifted-and-uninstalled": ("create", set()),
    "external": ("read", set()),
    "external-installation": ("read", set()),
}
NATIVE_OTHERWISE: Final[Mapping[str, set[str] | None]] = {
    "all-tenants-removed": {"allowedTenants"},
    "redirect-uri-inserted": {"redirectUris[1]"},
    "dependent-of-client-id": None,
}
"""The paths in the native form, if they differ; None: it shows no change."""


def expected_of(host: Host, expected: Expected) -> Expected:
    """Return the expected previews of a form of the provider."""
    if host is not NATIVE:
        return expected
    found = {}
    for name, (operation, shown) in expected.items():
        native = NATIVE_OTHERWISE.get(name, set(map(_native_path, shown)))
        if native is not None:
            found[name] = (operation, native)
    return found


def _native_path(path: str) -> str:
    root, dot, key = path.partition(".")
    return NATIVE.kind.name_of(root) + (f'["{key}"]' if dot else "")
