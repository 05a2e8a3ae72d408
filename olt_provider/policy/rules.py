"""The rules of the policy pack, as functions over plain values. They do not import Pulumi."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import Any, Final, TypeGuard
from urllib.parse import urlsplit

APPLICATIONS: Final = frozenset(
    {"pulumi-python:dynamic/olt:OltApplication", "olt:index:Application"}
)
INSTALLATIONS: Final = frozenset(
    {"pulumi-python:dynamic/olt:OltInstallation", "olt:index:Installation"}
)
PRODUCTION: Final = ("prod", "prod-*", "*-prod", "production")
"""Default patterns of production stacks."""
MOST_DAYS: Final = 365


class _Unknown:
    """A value that is not known in a preview. No rule reports it; `up` checks the value."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True)
class Subject:
    """A resource of the program. ``values`` are inputs, or outputs for rules of the stack."""

    type: str
    urn: str
    values: Mapping[str, Any]
    protect: bool = False

    @classmethod
    def of(cls, type_: str, urn: str, values: Mapping[str, Any], *, protect: bool) -> Subject:
        """Convert a resource of either form; the native one has its property names in camelCase."""
        return cls(type_, urn, {_snake(key): value for key, value in values.items()}, protect)

    @property
    def stack(self) -> str:
        """The stack's name, from ``urn:pulumi:STACK::PROJECT::TYPE::NAME``."""
        return self.urn.split("::", 1)[0].removeprefix("urn:pulumi:")


Rule = Callable[[Subject, Mapping[str, Any]], Iterator[str]]
"""A rule, which yields a message for each violation. The mapping is the policy's configuration."""


def no_force_destroy(subject: Subject, config: Mapping[str, Any]) -> Iterator[str]:
    """Report ``force_destroy`` in a stack that matches ``stacks``."""
    if subject.type not in APPLICATIONS or not _matches(subject, config):
        return
    if subject.values.get("force_destroy") is True:
        yield (
            f"force_destroy is true in stack {subject.stack}: deleting the application would "
            "uninstall it in every tenant. Remove force_destroy"
        )


def known_tenants(subject: Subject, config: Mapping[str, Any]) -> Iterator[str]:
    """Report tenants that are allowed, or have an installation, and are not in ``tenants``."""
    listed = config.get("tenants")
    if listed is None:
        return
    known = {str(each).lower() for each in listed}
    for tenant in _tenants(subject):
        if tenant.lower() not in known:
            yield (
                f"tenant {tenant} is not in the list of this policy. Remove the tenant, or have it "
                "added to the list"
            )


def commented_tenants(subject: Subject, config: Mapping[str, Any]) -> Iterator[str]:
    """Report allowed tenants without a comment."""
    del config
    for tenant, comment in sorted(_allowed(subject).items()):
        if isinstance(comment, str | None) and not (comment or "").strip():
            yield f"allowed tenant {tenant} has no comment. Write whose tenant it is"


def https_redirect_uris(subject: Subject, config: Mapping[str, Any]) -> Iterator[str]:
    """Report redirect URIs that are not ``https``, or loopback with ``allow_loopback``."""
    uris = subject.values.get("redirect_uris")
    if subject.type not in APPLICATIONS or not _is_list(uris):
        return
    for index, uri in enumerate(uris):
        if isinstance(uri, str) and not _is_https(uri, loopback=config.get("allow_loopback", True)):
            # the value may be a secret
            yield f"redirect_uris[{index}] is not https. Use https"


def protected(subject: Subject, config: Mapping[str, Any]) -> Iterator[str]:
    """Report applications without ``protect`` in a stack that matches ``stacks``."""
    if subject.type in APPLICATIONS and _matches(subject, config) and not subject.protect:
        yield (
            f"the application is not protected in stack {subject.stack}: a deletion loses its "
            "client ID permanently. Set ResourceOptions(protect=True)"
        )


def rotation_declared(subject: Subject, config: Mapping[str, Any]) -> Iterator[str]:
    """Report applications without a declared rotation of the client secret."""
    del config
    declared = ("rotate_secret_after_days", "rotate_secret_when_changed")
    if subject.type in APPLICATIONS and not any(subject.values.get(each) for each in declared):
        yield (
            "no rotation of the client secret is declared. Set rotate_secret_after_days or "
            "rotate_secret_when_changed"
        )


def secret_age(subject: Subject, config: Mapping[str, Any], now: datetime) -> Iterator[str]:
    """Report client secrets older than ``days``. Reads the output ``secret_rotated_at``.

    An output that is absent (an adopted secret, a state of an older version) or not known yet is no
    violation.
    """
    rotated = subject.values.get("secret_rotated_at")
    if subject.type not in APPLICATIONS or not isinstance(rotated, str) or not rotated:
        return
    most = timedelta(days=config.get("days", MOST_DAYS))
    try:
        age = now - datetime.fromisoformat(re.sub("[zZ]$", "+00:00", rotated))
    except (ValueError, TypeError):
        return
    if age > most:
        yield (
            f"the client secret is {age.days} days old, more than {most.days}. Rotate it: "
            "rotate_secret_after_days or rotate_secret_when_changed"
        )


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _matches(subject: Subject, config: Mapping[str, Any]) -> bool:
    patterns: Sequence[str] = config.get("stacks", PRODUCTION)
    return any(fnmatchcase(subject.stack, each) for each in patterns)


def _allowed(subject: Subject) -> Mapping[str, Any]:
    allowed = subject.values.get("allowed_tenants")
    if subject.type in APPLICATIONS and isinstance(allowed, Mapping):
        return allowed
    return {}


def _tenants(subject: Subject) -> list[str]:
    tenant = subject.values.get("tenant_id")
    if subject.type in INSTALLATIONS:
        return [tenant] if isinstance(tenant, str) else []
    return sorted(_allowed(subject))


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_https(uri: str, *, loopback: bool) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme == "https" or (
        loopback and parts.scheme == "http" and _is_loopback(parts.hostname or "")
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
