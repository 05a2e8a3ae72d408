"""docs/troubleshooting.md: each explained message is provoked, here or by a named test."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import jwt
import pulumi
import pytest
from pulumi.dynamic import Config, ConfigureRequest

from olt_provider.application import ApplicationProvider, OltApplication
from olt_provider.dynamic import host
from olt_provider.emulator import PORTAL_CLIENT, Emulator, Fault
from olt_provider.installation import InstallationProvider
from tests.emulated import emulator, new_tenant, owner, shared_emulator
from tests.outputs import event_loop
from tests.test_docs import explained, messages
from tools.workspace import ROOT

__all__ = ["emulator", "event_loop", "owner", "shared_emulator"]

REGISTRY: Final = "/application-developer/applications"
TOKENS: Final = "/id/auth/realms/olt/protocol/openid-connect/token"
NOT_THERE: Final = "d0000000-0000-4000-8000-00000000000d"


class Case:
    """An owner and another tenant on the emulator, and runs of the provider with configurations."""

    def __init__(self, emulator: Emulator, owner: str, messages: list[str]) -> None:
        self.emulator, self.owner, self.messages = emulator, owner, messages
        self.other = new_tenant(emulator)

    def run(self, **settings: Any) -> Run:
        """A run with these settings on top of the emulator's hosts; credentials are not added."""
        hosts = {"apiUrl": self.emulator.api_url, "identityUrl": self.emulator.identity_url}
        chosen = hosts | {"maxRetries": "0"} | settings
        texts = {
            f"olt:{key}": json.dumps(value) if isinstance(value, dict) else value
            for key, value in chosen.items()
            if value is not None
        }
        return Run(texts, self)

    def working(self, **settings: Any) -> Run:
        """A run that can do everything in both tenants."""
        tokens = {tenant: self.emulator.token(tenant) for tenant in (self.owner, self.other)}
        return self.run(tenantTokens=tokens, tenantId=self.owner, **settings)

    def registered(self, **declared: Any) -> str:
        """The ID of an application that no run has registered."""
        return str(self.emulator.platform.register(self.owner, **declared)["id"])

    def fail(self, method: str, path: str, kind: Any = "status", **options: Any) -> None:
        """Let matching requests fail until the end of the case."""
        status = {"status": 500} if kind == "status" else {}
        self.emulator.add_fault(
            Fault(
                **{"kind": kind, "method": method, "path": path, "times": None, **status, **options}
            )
        )


class Run:
    """The provider in one provider process."""

    def __init__(self, config: dict[str, Any], case: Case) -> None:
        host._contexts.clear()
        host._run_record.cache_clear()
        self.messages = case.messages
        request = ConfigureRequest(Config(config, "test"))
        self.applications, self.installations = ApplicationProvider(), InstallationProvider()
        self.applications.configure(request)
        self.installations.configure(request)

    def checked(self, provider: Any, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """The inputs after `check`; failures are reported as the engine reports them."""
        done = provider.check(olds, news)
        self.messages += [f"{each.property}: {each.reason}" for each in done.failures]
        inputs: dict[str, Any] = done.inputs
        return {} if done.failures else inputs

    def register(self, **declared: Any) -> dict[str, Any]:
        """Check and create; the state."""
        inputs = self.checked(self.applications, {}, {"name": "reporting"} | declared)
        if not inputs:
            return {}
        created = self.applications.create(inputs)
        return {"id": created.id, **(created.outs or {})}

    def change(self, state: dict[str, Any], **declared: Any) -> None:
        self.applications.update(state["id"], state, state | declared)

    def install(self, application_id: str, tenant_id: str) -> dict[str, Any]:
        declared = {"application_id": application_id, "tenant_id": tenant_id}
        created = self.installations.create(self.checked(self.installations, {}, declared))
        return {"id": created.id, **(created.outs or {})}

    def uninstall(self, state: dict[str, Any]) -> None:
        self.installations.delete(state["id"], state)


def token(**claims: Any) -> str:
    """A token that nothing has signed; previews do not verify it."""
    return jwt.encode({"exp": int(time.time()) + 86400} | claims, "x" * 32)


PROVOKED: Final[dict[str, Callable[[Case], object]]] = {}


def provokes(heading: str) -> Callable[[Callable[[Case], object]], Callable[[Case], object]]:
    def keep(provoke: Callable[[Case], object]) -> Callable[[Case], object]:
        PROVOKED[heading] = provoke
        return provoke

    return keep


PROVOKED.update(
    {
        "no credentials: set the environment variable …": lambda case: case.run().register(),
        "the credentials are not exactly one source: … is set": lambda case: case.run(
            apiToken="x", clientId="y"
        ).register(),
        "… is malformed: it is not a JSON Web Token": lambda case: case.run(
            apiToken="x"
        ).register(),
        '… has no "tenant" claim, so it is not an access token of the OLT platform': (
            lambda case: case.run(apiToken=token()).register()
        ),
        "… for tenant … expired at …": lambda case: case.run(
            apiToken=token(tenant=case.owner, exp=1)
        ).register(),
        "… is not valid before …": lambda case: case.run(
            apiToken=token(tenant=case.owner, nbf=int(time.time()) + 3600)
        ).register(),
        "… is of tenant …, but this resource belongs to tenant …": lambda case: case.run(
            apiToken=case.emulator.token(case.owner)
        ).register(tenant_id=case.other),
        "no tenant: declare tenant_id, or run …": lambda case: case.run(
            clientId=NOT_THERE, clientSecret="x"
        ).register(),
        "… has no token of tenant …, only of …": lambda case: case.run(
            tenantTokens={case.owner: case.emulator.token(case.owner)}
        ).register(tenant_id=case.other),
        "… the application has to be active and installed in tenant …": lambda case: case.run(
            clientId=NOT_THERE, clientSecret="x", tenantId=case.owner
        ).register(),
        "… the refresh token has expired (it lives 11 days), was revoked, may have been used "
        "before …": (
            lambda case: case.run(
                clientId=PORTAL_CLIENT, refreshToken="x", tenantId=case.owner
            ).register()
        ),
        "… could not connect to …": lambda case: case.run(
            apiToken=case.emulator.token(case.owner),
            apiUrl="http://127.0.0.1:9/v1",
            identityUrl="http://127.0.0.1:9/v1",
        ).register(),
        "… must look like https://host/v1, but is …": lambda case: case.run(
            apiUrl="ftp://api.example.com/v1", identityUrl="https://id.example.com/v1"
        ).register(),
        "… is not a URL: …": lambda case: case.run(apiUrl="api.example.com").register(),
        "… is not a setting: use …": lambda case: case.run(apiUlr="x").register(),
        "… is set without …: set both base URLs, or …": lambda case: case.run(
            identityUrl=None
        ).register(),
        "… but plain http:// is only allowed to this machine: use https://": lambda case: case.run(
            apiUrl="http://api.example.com/v1"
        ).register(),
        "… the token is not accepted: it has expired, was revoked, or is of another platform than "
        "…": (lambda case: case.run(apiToken=token(tenant=case.owner)).register()),
        "… the credentials lack the permission, which the roles owner and writer have": (
            lambda case: case.run(
                apiToken=case.emulator.token(case.owner, role="reader")
            ).register()
        ),
        "… not an ID: write a UUID such as …": lambda case: case.working().register(tenant_id="x"),
        "… has a wildcard, which the platform does not allow: list each URI in full": (
            lambda case: case.working().register(redirect_uris=["https://*.example.com/"])
        ),
        "… not an absolute URL: write it with scheme and host": lambda case: (
            case.working().register(url="example.com")
        ),
        "a tenant is listed twice: list each tenant once": lambda case: case.working().register(
            allowed_tenants={NOT_THERE: "", NOT_THERE.upper(): ""}
        ),
        "… that application does not exist yet and --target leaves it out: …": (
            lambda case: case.working().checked(case.working().installations, {}, {})
        ),
    }
)


@provokes("these credentials cannot make changes: …")
def _(case: Case) -> None:
    before = case.working()
    unchanged = before.checked(before.applications, {}, {"name": "reporting"})
    run = case.run(apiToken=token(tenant=case.owner, exp=1))
    run.checked(run.applications, unchanged, {"name": "reporting"})


@provokes("… this is not the token endpoint of the OLT platform: check …")
def _(case: Case) -> None:
    case.fail("POST", TOKENS, "html", status=404)
    case.run(clientId=NOT_THERE, clientSecret="x", tenantId=case.owner).register()


@provokes("… the identity server is busy or down, so try again later")
def _(case: Case) -> None:
    case.fail("POST", TOKENS, status=503)
    case.run(clientId=NOT_THERE, clientSecret="x", tenantId=case.owner).register()


@provokes("… with a body that is not JSON …")
def _(case: Case) -> None:
    case.fail("GET", REGISTRY, "html")
    case.working().register()


@provokes("… with no platform error …")
def _(case: Case) -> None:
    case.fail("GET", REGISTRY, "html", status=404)
    case.working().register()


@provokes("… a redirect to …; redirects are not followed")
def _(case: Case) -> None:
    case.fail("GET", REGISTRY, "redirect", location="https://login.example.com/")
    case.working().register()


@provokes("… the platform is busy, so try again later")
def _(case: Case) -> None:
    case.fail("GET", REGISTRY, status=408)
    case.working().register()


@provokes("… the platform failed, so try again later, and report it to its operator if it lasts")
def _(case: Case) -> None:
    case.fail("GET", REGISTRY)
    case.working().register()


@provokes("… was deleted outside Pulumi: run …")
def _(case: Case) -> None:
    run = case.working()
    state = run.register()
    case.emulator.platform.delete(state["id"])
    run.change(state, name="Device Reports")


@provokes(
    "… is registered at …, but this run calls …: set olt:apiUrl (or OLT_API_URL) to its platform"
)
def _(case: Case) -> None:
    run = case.working()
    state = run.register() | {"api_url": "https://api.example.com/v1"}
    case.emulator.platform.delete(state["id"])
    run.change(state, name="Device Reports")


@provokes("… the application exists, so the platform may have no tenant …: check allowed_tenants")
def _(case: Case) -> None:
    case.fail("PUT", f"{REGISTRY}/*/allowed-tenants/*", "not_found")
    run = case.working()
    run.change(run.register(), allowed_tenants={NOT_THERE: ""})


@provokes(
    "… cannot see the application: its owner has not allowed this tenant, or the ID is wrong, …"
)
def _(case: Case) -> None:
    case.working().install(case.registered(name="reporting"), case.other)


@provokes("… the application is inactive; its owner can activate it")
def _(case: Case) -> None:
    run = case.working()
    state = run.register(status="inactive", allowed_tenants={case.other: ""})
    run.install(state["id"], case.other)


@provokes("… the application is inactive, or its owner no longer allows this tenant")
def _(case: Case) -> None:
    run = case.working()
    state = run.register(status="inactive", allowed_tenants={case.other: ""})
    case.fail("GET", "/applications/*", "missing_field", field="data.availableCode")
    run.install(state["id"], case.other)


@provokes("… is installed in tenant … now could not be looked up …")
def _(case: Case) -> None:
    case.fail("PUT", "/applications/*/installation", "reset_after")
    case.fail("GET", "/applications/*")
    allowed = case.registered(name="reporting", allowed_tenants=[case.other])
    case.working().install(allowed, case.other)


@provokes("… is still installed in tenant … could not be looked up …")
def _(case: Case) -> None:
    run = case.working()
    state = run.install(case.registered(name="reporting", allowed_tenants=[case.other]), case.other)
    case.fail("DELETE", "/applications/*/installation", "reset_after")
    case.fail("GET", "/applications/**")
    case.fail("GET", "/applications")
    case.working().uninstall(state)


@provokes("… the reason could not be looked up: …")
def _(case: Case) -> None:
    case.fail("GET", "/applications/*")
    case.working().install(case.registered(name="reporting"), case.other)


@provokes("… a 404 does not prove that it is gone, and …")
def _(case: Case) -> None:
    run = case.working()
    state = run.register()
    case.fail("GET", f"{REGISTRY}/*", "not_found")
    run.applications.read(state["id"], state)


@provokes("an application named … exists already: …")
def _(case: Case) -> None:
    case.registered(name="reporting")
    case.working().register()


@provokes("application … is still installed in tenant …, which would lose it")
def _(case: Case) -> None:
    run = case.working()
    state = run.register(allowed_tenants={case.other: ""})
    case.emulator.platform.install(state["id"], case.other)
    case.working().applications.delete(state["id"], state)


@provokes("… Part of the change may have been made: run …")
def _(case: Case) -> None:
    run = case.working()
    state = run.register()
    case.fail("PUT", f"{REGISTRY}/*/allowed-tenants/*")
    run.change(state, name="Device Reports", allowed_tenants={case.other: ""})


@provokes("… The client secret in the state may be dead …")
def _(case: Case) -> None:
    run = case.working()
    state = run.register()
    case.fail("POST", f"{REGISTRY}/*/secret", "reset_after")
    run.change(state, rotate_secret_when_changed={"month": "2026-12"})


@provokes("… The client secret that application … had may be dead …")
def _(case: Case) -> None:
    case.fail("POST", f"{REGISTRY}/*/secret", "reset_after")
    existing = case.registered(name="reporting")
    case.working().register(adopt={"application_id": existing})


@provokes("… The application was registered as … and could not be deleted again …")
def _(case: Case) -> None:
    case.fail("PATCH", f"{REGISTRY}/*")
    case.fail("DELETE", f"{REGISTRY}/*")
    case.working().register(status="inactive")


@provokes("… which is lost now; it was not deleted …")
def _(case: Case) -> None:
    case.fail("POST", REGISTRY, "reset_after")
    case.fail("PATCH", f"{REGISTRY}/*")
    case.working().register(status="inactive")


@provokes("… The application was registered as …, but a new secret could not be made: …")
def _(case: Case) -> None:
    case.fail("POST", REGISTRY, "reset_after")
    case.fail("POST", f"{REGISTRY}/*/secret")
    case.working().register()


@provokes("… No application that matches … has appeared, so it was most likely not registered")
def _(case: Case) -> None:
    case.fail("POST", REGISTRY, "reset_before")
    case.working().register()


@provokes("… Whether the application … was registered could not be looked up: …")
def _(case: Case) -> None:
    case.fail("POST", REGISTRY, "reset_after")
    case.fail("GET", REGISTRY, after=1)
    case.working().register()


@provokes("… the present secret of client … stops working at once")
def _(case: Case) -> None:
    run = case.working()
    state = run.register()
    declared = {"name": "reporting", "rotate_secret_when_changed": {"month": 1}}
    inputs = run.checked(run.applications, state, declared)
    run.applications.diff(state["id"], state, inputs)


@provokes("generation of pair … can only be raised by one…")
def _(case: Case) -> None:
    run = case.working()
    trigger = {"olt:pair": "reporting", "generation": 1}
    state = run.register(rotate_secret_when_changed=trigger)
    skipped = {"name": "reporting", "rotate_secret_when_changed": trigger | {"generation": 5}}
    inputs = run.checked(run.applications, state, skipped)
    run.applications.diff(state["id"], state, inputs)


@provokes("application … was not deleted: …")
def _(case: Case) -> None:
    run = case.working()
    state = run.register()
    renamed = run.checked(run.applications, state, {"name": "reporting"})
    run.applications.diff(state["id"], state, renamed)
    run.applications.delete(state["id"], state)


@provokes(
    "application … was not uninstalled from tenant …: the program still declares that installation"
)
def _(case: Case) -> None:
    run = case.working()
    state = run.install(case.registered(name="reporting", allowed_tenants=[case.other]), case.other)
    run.installations.diff(state["id"], state, state)
    run.uninstall(state)


@provokes("adopt: … application … too; only one resource can: …")
def _(case: Case) -> None:
    existing = case.registered(name="reporting")
    run = case.working()
    for name in ("first", "second"):
        run.checked(run.applications, {}, {"name": name, "adopt": {"application_id": existing}})


@provokes("adopt: the token endpoint refuses the declared client_secret of application …")
def _(case: Case) -> None:
    existing = case.registered(name="reporting", allowed_tenants=[case.owner])
    case.emulator.platform.install(existing, case.owner)
    case.working().register(adopt={"application_id": existing, "client_secret": "another"})


@provokes("another resource registers an application named … at this moment")
def _(case: Case) -> None:
    held = Fault(kind="hold_before", method="POST", path=REGISTRY)
    case.emulator.add_fault(held)
    run = case.working()
    with ThreadPoolExecutor(1) as other:
        first = other.submit(run.register)
        held.wait_until_fired()
        try:
            run.register()
        finally:
            held.release()
            first.result()


@provokes("allowed_tenants: a tenant ID that is an Output cannot be a key")
def _(_case: Case) -> None:
    allowed: Any = {pulumi.Output.from_input(NOT_THERE): ""}
    OltApplication("reporting", allowed_tenants=allowed)


ELSEWHERE: Final[Mapping[str, tuple[str, str]]] = {
    "adopt names application …, but … already manages application …": (
        "tests/engine/test_declared_applications_are_kept.py",
        "already manages application",
    ),
    "adopt: the declared client_secret of application … differs from the one in the state and may "
    "be dead …": (
        "tests/engine/test_adopted_secret.py",
        "differs from the one in the state and may be dead",
    ),
    "application … is managed by two resources, …": (
        "tests/engine/test_declared_applications_are_kept.py",
        "is managed by two resources",
    ),
    "olt needs more packages: …": ("tests/cli/test_app.py", "olt needs more packages: "),
    "the Provider calls …, but has no credentials, and … in the environment is for …": (
        "tests/engine/test_explicit_provider.py",
        " in the environment is for",
    ),
    "the client secret that the state now holds of application … is dead: …": (
        "tests/engine/test_declared_applications_are_kept.py",
        "the client secret that the state now holds of application ",
    ),
    "waiting … s before the next try: …": ("tests/api/test_retry.py", " s before the next try: "),
    "… The application … may be one of these: …": (
        "tests/lifecycle/application/test_lost_registration.py",
        "may be one of these",
    ),
    "… because the one in tenant … declares no tenant_id and may replace it only because the "
    "default changed": ("tests/engine/test_default_tenant.py", " to confirm the move"),
    "… declares no tenant_id, and …: whether it is new or replaces one in another tenant is not "
    "known": ("tests/engine/test_default_tenant.py", "declare tenant_id"),
    "… is in its configuration in plain text: run …": (
        "tests/dynamic/test_plain_text.py",
        " is in its configuration",
    ),
    "… no response from … within … s": ("tests/api/test_transport.py", "no response from "),
    "… the TLS certificate of … was refused": (
        "tests/test_background.py",
        "the TLS certificate of ",
    ),
    "… the engine did not compare a resource with name=…, which may manage it too": (
        "tests/engine/test_declared_applications_are_kept.py",
        "unset PULUMI_ENABLE_LEGACY_DIFF",
    ),
    "… the proxy returned … to CONNECT": ("tests/api/test_proxy.py", "the proxy returned "),
}
"""Headings whose message a test of another file provokes: the file, and what it asserts there."""


def pattern(heading: str) -> re.Pattern[str]:
    parts = [re.escape(part.strip()) for part in heading.split("…")]
    return re.compile(".*".join(parts), re.DOTALL)


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the provider warns of and what fails."""
    reported: list[str] = []
    monkeypatch.setattr(host, "warn", reported.append)
    return reported


@pytest.mark.parametrize("heading", PROVOKED)
def test_explained_message_is_the_one_that_the_provider_reports(
    heading: str, emulator: Emulator, owner: str, reports: list[str], event_loop: None
) -> None:
    try:
        PROVOKED[heading](Case(emulator, owner, reports))
    except Exception as error:  # noqa: BLE001 - the host reports errors of a class of its own
        reports.append(str(error))
    assert [each for each in reports if pattern(heading).search(each)], reports


@pytest.mark.parametrize(("heading", "proof"), ELSEWHERE.items())
def test_message_that_another_test_provokes_is_asserted_there(
    heading: str, proof: tuple[str, str]
) -> None:
    file, asserted = proof
    assert asserted in (ROOT / file).read_text("utf-8")
    assert asserted in messages(), heading


def test_every_explained_message_is_provoked() -> None:
    assert set(explained()) == {*PROVOKED, *ELSEWHERE}
