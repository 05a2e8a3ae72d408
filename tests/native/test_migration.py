"""Migration from the dynamic form to the native one and back, also with states of releases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import changes_in, new_tenant
from tests.engine import kept_states, olt
from tests.engine.harness import Engine, Stack
from tests.engine.kept_states import STATES
from tests.long import long
from tests.native.conftest import MakeStack
from tests.native.stacks import NativeStack, native

ALIAS: Final = 'pulumi.Alias(type_="olt:index:Application")'
APPLICATIONS: Final = {"full", "bare", "nobody", "adopted", "background"}


def operations(preview: dict[str, Any]) -> set[str]:
    """What a preview would do to applications and installations."""
    return {
        step["op"]
        for step in preview["steps"]
        if "pulumi:p" not in step["urn"] and "OltBackgroundApplication::" not in step["urn"]
    }


def types_of(stack: Stack) -> set[str]:
    return {
        each["type"]
        for each in stack.resources()
        if "olt" in each["type"] and "providers" not in each["type"]
    }


def secrets_of(stack: Stack) -> dict[str, str]:
    found = stack.outputs()
    return {key: found[key] for key in ("client_id", "client_secret")}


def test_stack_migrates_to_the_native_form_and_back_without_api_calls(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    other = new_tenant(emulator)
    declared: dict[str, Any] = {
        "name": "Sample",
        "allowed_tenants": {owner: "the owner", other: ""},
        "redirect_uris": ["https://a.example"],
        "rotate_secret_when_changed": {"some_key": "2026-11"},
        "with_public_oauth2_client": True,
    }
    program = olt.installed(owner, **declared)
    stack = new_stack(program)
    stack.env.update(olt.reaching(emulator, emulator.token(owner)))
    stack.up()
    before = secrets_of(stack)
    emulator.clear_calls()

    stack.program(native(program))
    assert operations(stack.preview_json()) <= {"update", "same"}
    stack.up()
    assert changes_in(emulator) == []
    assert types_of(stack) == {"olt:index:Application", "olt:index:Installation"}
    assert secrets_of(stack) == before
    outputs = stack.resource("app")["outputs"]
    assert outputs["rotateSecretWhenChanged"] == {"some_key": "2026-11"}
    assert not [key for key in outputs if "_" in key]
    assert stack.preview_json()["changeSummary"] == {"same": 3}

    stack.program(program)
    assert operations(stack.preview_json()) <= {"update", "same"}
    stack.up()
    assert changes_in(emulator) == []
    assert secrets_of(stack) == before
    assert stack.preview_json()["changeSummary"] == {"same": 3}
    stack.destroy()
    assert emulator.platform.applications(owner) == []


@pytest.mark.parametrize("back", [False, long(True)])
def test_migration_changes_nothing_that_is_ignored(
    emulator: Emulator, new_stack: MakeStack, owner: str, *, back: bool
) -> None:
    """The engine looks for ignored properties by names that the state does not have."""
    other = new_tenant(emulator)
    declared: dict[str, Any] = {
        "name": "Sample",
        "teaser_description": "as it is",
        "allowed_tenants": {owner: "the owner", other: ""},
        "redirect_uris": ["https://a.example"],
        "rotate_secret_when_changed": {"some_key": "2026-11"},
    }
    changed = {
        "name": "Sample",
        "teaser_description": "ignored",
        "allowed_tenants": {owner: "the owner"},
        "redirect_uris": [],
        "rotate_secret_when_changed": {"some_key": "ignored"},
    }
    ignored = ["teaser_description", f'allowed_tenants["{other}"]', "redirect_uris"]
    ignoring = f"ignore_changes={[*ignored, 'rotate_secret_when_changed']!r}, aliases=[{ALIAS}]"
    forms: list[Callable[[str], str]] = [native, str] if back else [str, native]
    stack = new_stack(forms[0](olt.application(**declared)))
    stack.env.update(olt.reaching(emulator, emulator.token(owner)))
    stack.up()
    before = secrets_of(stack)
    emulator.clear_calls()

    stack.program(forms[1](olt.application(ignoring, **changed)))
    assert "the value of the state is kept in this run" in stack.up().output
    assert changes_in(emulator) == []
    assert secrets_of(stack) == before
    assert stack.preview_json()["changeSummary"] == {"same": 2}
    stack.program(forms[1](olt.application(f"aliases=[{ALIAS}]", **declared)))
    assert stack.preview_json()["changeSummary"] == {"same": 2}


@pytest.mark.parametrize("back", [False, long(True)])
def test_migration_keeps_ignored_secrets_encrypted(
    emulator: Emulator, new_stack: MakeStack, owner: str, *, back: bool
) -> None:
    text = "not for everyone"
    forms: list[Callable[[str], str]] = [native, str] if back else [str, native]
    declared = olt.application(f"aliases=[{ALIAS}]", teaser_description=text)
    hidden = declared.replace(repr(text), f"pulumi.Output.secret({text!r})")
    stack = new_stack(forms[0](hidden))
    stack.env.update(olt.reaching(emulator, emulator.token(owner)))
    stack.up()
    ignoring = f"aliases=[{ALIAS}], ignore_changes=['teaser_description']"
    stack.program(forms[1](olt.application(ignoring)))
    for _ in range(2):
        stack.up()
        assert text not in stack.state_file.read_text()
    (held,) = emulator.platform.applications(owner)
    assert held["teaserDescription"] == text


def test_dynamic_state_is_refreshed_by_the_native_form_before_its_first_update(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    program = olt.installed(owner, allowed_tenants={owner: ""})
    stack = new_stack(program)
    stack.env.update(olt.reaching(emulator, emulator.token(owner)))
    stack.up()
    before = secrets_of(stack)
    emulator.clear_calls()
    stack.program(native(program))
    stack.up("--refresh", "--run-program")
    assert changes_in(emulator) == []
    assert secrets_of(stack) == before


@pytest.mark.parametrize("version", sorted(path.name for path in STATES.iterdir()))
def test_state_of_a_released_version_migrates_without_changes_on_the_platform(
    version: str, engine: Engine, tmp_path: Any
) -> None:
    folder = STATES / version
    with kept_states.emulator(kept_states.seed_of(folder)) as emulator:
        kept = kept_states.load(folder, engine, tmp_path, emulator)
        stack = NativeStack(engine, kept.folder, kept.project, kept.env)
        stack.program(native((folder / "program.txt").read_text()))
        before = secrets_of(stack)
        preview = operations(stack.preview_json())
        assert preview <= {
            "update",
            "same",
            "read",
            "read-replacement",
            "discard",
            "discard-replaced",
        }
        stack.up()
        assert changes_in(emulator) == []
        assert secrets_of(stack) == before
        stack.destroy()
