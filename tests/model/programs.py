"""The declarations of random programs."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from tests.model.state import Props

SLOTS: Final = ("first", "second", "third", "fourth", "fifth")
"""Names of application resources."""
PROVIDERS: Final = ("default", "default", "other", "third")
"""The providers of a program; the first is the stack's own."""
TENANTS: Final = 3
"""The first two own applications; all may use them."""
TRIGGERS: Final[tuple[dict[str, str], ...]] = ({}, {"n": "1"}, {"n": "2"}, {"n": "3"})
UNSET: Final = "unset"

PROPERTIES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "name": st.sampled_from(["Alpha", "Beta", "Gamma", "Delta", "Epsilon"]),
    "tenant_id": st.sampled_from([0, 1]),
    "allowed_tenants": st.dictionaries(
        st.integers(0, TENANTS - 1), st.sampled_from(["", "a note"]), max_size=TENANTS
    ),
    "with_public_oauth2_client": st.booleans(),
    "redirect_uris": st.lists(st.sampled_from(["https://b", "https://a", "app:/c"]), max_size=3),
    "teaser_description": st.sampled_from(["", "Reads", "Writes"]),
    "url": st.sampled_from(["https://one.example", "https://two.example/x"]),
    "status": st.sampled_from(["active", "active", "inactive"]),
    "rotate_secret_when_changed": st.sampled_from(TRIGGERS),
    "force_destroy": st.booleans(),
    "prevent_duplicate_name": st.booleans(),
}
"""Each with its values; a tenant is a number, to which the machine has the ID."""

OPTIONAL: Final = tuple(name for name in PROPERTIES if name != "name")


def declarations() -> st.SearchStrategy[Props]:
    """Draw an application in the form of its constructor, with tenants as numbers."""
    return st.fixed_dictionaries(
        {"name": st.none() | PROPERTIES["name"]},
        optional={name: PROPERTIES[name] for name in OPTIONAL},
    )


def changes() -> st.SearchStrategy[Props]:
    """Draw new values for one to three properties; ``UNSET`` removes one."""
    optional = {name: st.just(UNSET) | PROPERTIES[name] for name in OPTIONAL}
    one = st.sampled_from(sorted(PROPERTIES)).flatmap(
        lambda name: st.fixed_dictionaries({name: optional.get(name, PROPERTIES[name])})
    )
    return st.lists(one, min_size=1, max_size=3).map(
        lambda parts: {key: value for part in parts for key, value in part.items()}
    )


def manual_changes() -> st.SearchStrategy[Props]:
    """Draw a change on the platform, in the wire's names."""
    return st.sampled_from(
        [
            {"name": "Manual"},
            {"url": "https://by.hand"},
            {"url": None},
            {"teaserDescription": "Manual"},
            {"redirectUris": ["https://by.hand"]},
            {"redirectUris": []},
            {"withPublicOauth2Client": True},
            {"withPublicOauth2Client": False},
        ]
    )


def with_tenants(props: Props, tenants: list[str]) -> Props:
    """The same with IDs of tenants instead of their numbers."""
    named = dict(props)
    if isinstance(props.get("tenant_id"), int):
        named["tenant_id"] = tenants[props["tenant_id"]]
    if isinstance(props.get("allowed_tenants"), dict):
        allowed = props["allowed_tenants"].items()
        named["allowed_tenants"] = {tenants[number]: comment for number, comment in allowed}
    return named


def expected_of(declared: Props) -> Props:
    """Return the data that the platform must have for a declaration."""
    return {
        "name": declared["name"],
        "teaserDescription": declared.get("teaser_description", ""),
        "url": declared.get("url"),
        "withPublicOauth2Client": declared.get("with_public_oauth2_client", False),
        "redirectUris": sorted(set(declared.get("redirect_uris", []))),
        "status": declared.get("status", "active"),
        "allowedTenants": declared.get("allowed_tenants"),
    }


def held_of(application: Props, *, managed: bool) -> Props:
    """Return the same data of the platform; without tenants if they are not managed."""
    allowed = {item["tenantId"]: item["comment"] for item in application["allowedTenants"]}
    return {
        "name": application["name"],
        "teaserDescription": application.get("teaserDescription") or "",
        "url": application.get("url") or None,
        "withPublicOauth2Client": application["withPublicOauth2Client"],
        "redirectUris": sorted(application.get("redirectUris") or []),
        "status": application["status"],
        "allowedTenants": allowed if managed else None,
    }
