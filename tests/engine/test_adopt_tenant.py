"""Adopting a whole tenant with the program of `olt adopt` changes client secrets only."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from olt_provider.cli.app import app
from olt_provider.emulator import Emulator
from tests.emulated import calls_of, changes_in, new_tenant
from tests.engine.harness import Engine, Stack
from tests.engine.hosts import Host, both_hosts_long
from tests.engine.olt import reaching_as

pytestmark = [both_hosts_long, pytest.mark.timeout(300)]

COUNT: Final = 30
MANAGED: Final = 3
NEW_SECRET: Final = "POST /application-developer/applications/{applicationId}/secret"


def seeded(emulator: Emulator, owner: str, user: str) -> dict[str, str]:
    """Applications of every kind, made without Pulumi; their client secrets by ID."""
    secrets: dict[str, str] = {}
    for number in range(COUNT):
        made = emulator.platform.register(
            owner,
            name=("報告" if number == 7 else f"App {number // 2}"),  # most names come twice
            allowed_tenants=[{}, {owner: "ours"}, {owner: "", user: "a customer"}][number % 3],
            redirect_uris=["https://b.example", "https://a.example"] if number % 2 else [],
            teaser_description="Manual" if number % 4 == 0 else None,
            url="https://app.example" if number % 5 == 0 else None,
            with_public_oauth2_client=number % 6 == 0,
        )
        for tenant in [[], [owner], [owner, user]][number % 3]:
            emulator.platform.install(made["id"], tenant)
        if number % 10 == 9:
            emulator.platform.patch(made["id"], status="inactive")
        secrets[made["id"]] = made["oauth2Client"]["secret"]
    return secrets


def held(emulator: Emulator, owner: str) -> list[dict[str, Any]]:
    """Return all data of a tenant's applications, without the time of their last change."""
    applications = emulator.platform.applications(owner)
    return [
        {key: value for key, value in each.items() if key != "updatedAt"}
        | {"installations": emulator.platform.installations(each["id"])}
        for each in applications
    ]


def adopted(stack: Stack, *arguments: str) -> Any:
    """Return the JSON of `olt adopt`, after it has written the stack's program."""
    written = stack.folder / "written.py"
    out = ["--out", str(written)]
    results = [CliRunner().invoke(app, ["adopt", *arguments, *more]) for more in (out, ["--json"])]
    assert [each.exit_code for each in results] == [0, 0], results[0].output
    stack.program(written.read_text(encoding="utf-8"))
    return json.loads(results[1].stdout)


@pytest.mark.long
def test_a_tenant_of_thirty_applications_is_adopted(
    emulator: Emulator,
    host: Host,
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner, user = new_tenant(emulator), new_tenant(emulator)
    secrets = seeded(emulator, owner, user)
    environment = reaching_as(emulator, owner, user)
    for key, value in (engine.environment(tmp_path) | environment).items():
        monkeypatch.setenv(key, value)
    managing = [f"OltApplication({f'kept-{n}'!r}, tenant_id={owner!r})" for n in range(MANAGED)]
    (tmp_path / "earlier").mkdir()
    program = "\n".join(["from olt_provider import OltApplication", *managing])
    earlier = host.stack(engine, tmp_path / "earlier", program)
    earlier.env.update(environment)
    earlier.up()

    (tmp_path / "taken").mkdir()
    stack = host.stack(engine, tmp_path / "taken", "")
    stack.env.update(environment)
    found = adopted(stack, "--tenant", owner, "--state", str(earlier.state_file))
    by_id = {each["id"]: each for each in found["applications"]}
    assert set(by_id) == set(secrets)
    assert len(found["managed"]) == MANAGED
    known = [each for number, each in enumerate(by_id.values()) if number % 2]
    for each in known[:5]:
        stack.config(each["secret_key"], secrets[each["id"]], secret=True)

    before = held(emulator, owner)
    emulator.clear_calls()
    stack.preview()
    assert changes_in(emulator) == []
    stack.up()
    assert held(emulator, owner) == before
    assert Counter(changes_in(emulator))[NEW_SECRET] == COUNT - 5
    _the_state_holds_the_present_secrets(
        emulator, stack, secrets, {each["id"] for each in known[:5]}
    )

    emulator.clear_calls()
    stack.preview("--expect-no-changes")
    assert calls_of(emulator) == []
    stack.refresh("--expect-no-changes")
    assert held(emulator, owner) == before


def _the_state_holds_the_present_secrets(
    emulator: Emulator, stack: Stack, secrets: dict[str, str], declared: set[str]
) -> None:
    taken = [each for each in stack.exported() if each.get("id") in secrets]
    assert len(taken) == COUNT
    for each in taken:
        outputs, kept = each["outputs"], secrets[each["id"]]
        secret = json.loads(outputs["client_secret"]["plaintext"])
        assert emulator.platform.secret_is_valid(outputs["client_id"], secret)
        assert (secret == kept) == (each["id"] in declared)
