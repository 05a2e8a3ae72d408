"""The checks of ``olt verify``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pydantic import SecretStr

from olt_provider.api.applications import Application
from olt_provider.api.client import OltClient
from olt_provider.api.errors import ApiError, ConfigurationError, OltError
from olt_provider.api.hosts import same_base_url
from olt_provider.cli.preview.types import APPLICATION, INSTALLATION, as_dynamic, plain_type
from olt_provider.cli.secret_ages import age
from olt_provider.lifecycle.application.secret_age import utc_now
from olt_provider.settings import Settings

OK: Final = "ok"
NO: Final = "no"
NOT_FOUND: Final = 404


@dataclass(frozen=True)
class Subject:
    """An application to verify. ``tenants`` maps each to whether it has to be installed there.

    ``api_url`` is the application's platform in the state, ``""`` if the state has none; ``None``
    for an application of the options, whose secret the user gave for this run's platform.
    """

    name: str
    application_id: str
    owner: str | None
    client_id: str | None
    secret: SecretStr | None = field(repr=False)
    tenants: dict[str, bool]
    api_url: str | None = None
    age: str = ""
    """When the client secret was made, and when it is due for rotation."""


class Row(NamedTuple):
    """One line of the report. A cell begins with ok, no, failure or not checked."""

    application: str
    tenant: str
    registered: str
    allowed: str
    installed: str
    secret: str
    data: str
    secret_age: str = ""


def of_stack(exported: Any) -> list[Subject]:
    """Return the applications in the output of ``pulumi stack export --show-secrets``.

    Raises ``ConfigurationError`` for any other JSON.
    """
    try:
        resources = (exported["deployment"] or {}).get("resources") or []
        installed: dict[str, list[str]] = {}
        for each in _managed(resources, INSTALLATION):
            outputs = each["outputs"]
            installed.setdefault(outputs["application_id"], []).append(outputs["tenant_id"])
        return [_subject(each, installed) for each in _managed(resources, APPLICATION)]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ConfigurationError(
            "the stack's state has a shape that this version does not support"
        ) from None


def _managed(resources: Iterable[Any], kind: str) -> list[Any]:
    """Return the resources of a type. One whose deletion is pending is not managed any more."""
    return [
        {**each, "outputs": as_dynamic(each["type"], each["outputs"])}
        for each in resources
        if plain_type(each["type"]) == kind and not each.get("delete")
    ]


def _subject(resource: Any, installed: dict[str, list[str]]) -> Subject:
    outputs, application_id = resource["outputs"], resource["id"]
    allowed = _plain(outputs.get("allowed_tenants")) or {}
    secret = _plain(outputs.get("client_secret"))
    wanted = installed.get(application_id, [])
    return Subject(
        name=resource["urn"].split("::", 3)[3],
        application_id=application_id,
        owner=_plain(outputs["tenant_id"]),
        client_id=_plain(outputs["client_id"]),
        secret=SecretStr(secret) if secret else None,
        tenants={tenant: tenant in wanted for tenant in sorted({*allowed, *wanted})},
        api_url=_plain(outputs.get("api_url")) or "",
        age=age(outputs, utc_now()),
    )


def _plain(value: Any) -> Any:
    """Return a value without the state's wrapper for secrets."""
    if isinstance(value, dict) and "plaintext" in value:
        return json.loads(value["plaintext"])
    return value


def verify(settings: Settings, subject: Subject, notify: Callable[[str], None]) -> list[Row]:
    """Return one row per tenant; one without a tenant if none is known.

    Raises ``ConfigurationError`` if there are no credentials.
    """
    rows = _rows(settings, subject, notify)
    return [row._replace(secret_age=subject.age) for row in rows]


def _rows(settings: Settings, subject: Subject, notify: Callable[[str], None]) -> list[Row]:
    client = settings.client(user_agent="cli", notify=notify)
    notify(subject.name)
    elsewhere = _elsewhere(settings, subject)
    if elsewhere:
        return [
            Row(subject.name, tenant, *[f"not checked: {elsewhere}"] * 5)
            for tenant in subject.tenants or [""]
        ]
    found, registered = _registered(client, subject)
    tenants = dict(subject.tenants)
    if found is not None and not tenants:
        tenants = {each.tenant_id: False for each in found.allowed_tenants}
    if not tenants:
        return [Row(subject.name, "", registered, *["not checked: no tenant"] * 4)]
    rows = []
    for tenant, wanted in tenants.items():
        notify(f"{subject.name} in {tenant}")
        allowed, installed = _usage(client, subject, found, tenant, wanted=wanted)
        if registered.startswith("failure"):
            secret, data = ("not checked: registered failed",) * 2
        else:
            secret, data = _access(
                settings, client, subject, found, tenant=tenant, installed=installed
            )
        rows.append(Row(subject.name, tenant, registered, allowed, installed, secret, data))
    return rows


def _elsewhere(settings: Settings, subject: Subject) -> str:
    """Return why an application does not belong to the platform that this run calls; else empty.

    Its client secret must not be sent to the identity server of another platform.
    """
    if subject.api_url is None or same_base_url(subject.api_url, settings.api_url):
        return ""
    if not subject.api_url:
        return "the state does not record its platform: run `pulumi up --refresh --run-program`"
    return f"it is registered at {subject.api_url}, but this run calls {settings.api_url}"


def _registered(client: OltClient, subject: Subject) -> tuple[Application | None, str]:
    try:
        found = client.as_tenant(subject.owner).applications.get(subject.application_id)
    except ConfigurationError as error:
        return None, f"not checked: {error}"
    except OltError as error:
        if subject.owner is None and isinstance(error, ApiError) and error.status == NOT_FOUND:
            if subject.tenants:
                return None, "not checked: another tenant owns it, or it does not exist"
            return None, "failure: it does not exist, or another tenant owns it: add --tenant"
        return None, f"failure: {error}"
    return found, OK if found.status == "active" else "failure: it is inactive"


def _usage(
    client: OltClient, subject: Subject, found: Application | None, tenant: str, *, wanted: bool
) -> tuple[str, str]:
    """Return whether it is allowed and installed: from the owner's list, else the tenant's."""
    no = f"failure: {NO}" if wanted else NO
    if found is not None:
        listed = {each.tenant_id: each for each in found.allowed_tenants}
        if tenant not in listed:
            return f"failure: {NO}", "not checked: not allowed"
        return OK, OK if listed[tenant].installed else no
    try:
        seen = client.as_tenant(tenant).installations.get(subject.application_id)
    except ConfigurationError as error:
        return f"not checked: {error}", f"not checked: {error}"
    except OltError as error:
        return f"failure: {error}", "not checked: not allowed"
    return (OK if seen.available else f"failure: {NO}"), (OK if seen.installation else no)


def _access(
    settings: Settings,
    client: OltClient,
    subject: Subject,
    found: Application | None,
    *,
    tenant: str,
    installed: str,
) -> tuple[str, str]:
    """Return whether the token endpoint accepts the secret, and whether the token reads devices."""
    client_id = subject.client_id or (found.oauth2_client.id if found else None)
    if subject.secret is None or client_id is None:
        reason = "not checked: no client secret"
        return reason, reason
    if installed in (NO, f"failure: {NO}"):
        return "not checked: not installed", "not checked: not installed"
    try:
        token = client.identity.client_credentials(
            client_id, subject.secret, tenant_id=tenant
        ).access_token
    except OltError as error:
        return f"failure: {error}", "not checked: no token"
    its_own = dataclasses.replace(settings, credentials=(("apiToken", token),))
    try:
        devices = its_own.client(user_agent="cli", notify=lambda _: None).as_tenant(tenant).devices
        next(devices.list(), None)
    except OltError as error:
        return OK, f"failure: {error}"
    return OK, OK
