"""The Python classes of the native form have the signatures of the dynamic one."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

import olt_provider
from olt_provider import native
from olt_provider.native.names import APPLICATION
from olt_provider.native.python_resource import options
from tests.outputs import event_loop

__all__ = ["event_loop"]

CLASSES = [
    "OltApplication",
    "OltInstallation",
    "OltBackgroundApplication",
    "OltBackgroundApplicationPair",
    "Provider",
]


@pytest.mark.parametrize("name", CLASSES)
def test_constructor_takes_the_same_arguments(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(each, name)) for each in (native, olt_provider))
    assert ours == theirs


@pytest.mark.parametrize("name", ["OltApplication", "OltInstallation"])
def test_get_takes_the_same_arguments(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(each, name).get) for each in (native, olt_provider))
    assert ours.parameters == theirs.parameters


@pytest.mark.parametrize("name", ["OltApplication", "OltInstallation"])
def test_outputs_are_the_same(name: str) -> None:
    annotations = inspect.get_annotations(getattr(olt_provider, name), eval_str=True)
    assert getattr(native, name).outputs == annotations


def test_every_public_name_of_the_dynamic_form_is_exported() -> None:
    assert {*native.__all__, "__version__"} == set(olt_provider.__all__)
    for name in native.__all__:
        assert getattr(native, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = native.Nothing


def test_paths_in_resource_options_get_the_names_of_the_wire() -> None:
    paths = ["name", "teaser_description", 'allowed_tenants["some_key"]', "*"]
    wire = ["name", "teaserDescription", 'allowedTenants["some_key"]', "*"]
    given = pulumi.ResourceOptions(ignore_changes=paths, replace_on_changes=paths)
    found = options(APPLICATION, given)
    assert found.ignore_changes == wire
    assert found.replace_on_changes == wire
    assert given.ignore_changes == paths


class Registered(pulumi.runtime.Mocks):
    """Stands for the engine: keeps what is registered and returns outputs in camelCase."""

    def __init__(self) -> None:
        self.inputs: dict[str, Any] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, Any]:
        self.inputs = dict(args.inputs)
        return "an-id", {**args.inputs, "clientId": "c", "publicClientId": "p"}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        return {}


def test_inputs_and_outputs_are_translated_but_not_the_keys_of_the_user(event_loop: None) -> None:
    registered = Registered()
    pulumi.runtime.set_mocks(registered, preview=False)
    found: list[Any] = []

    def program() -> Any:
        app = native.OltApplication(
            "app",
            allowed_tenants=["AA"],
            rotate_secret_when_changed={"client_secret": "a", "camelCase": "b"},
            redirect_uris=["https://b", "https://a"],
        )
        outputs = (app.client_id, app.public_client_id, app.rotate_secret_when_changed)
        return pulumi.Output.all(*outputs).apply(found.extend)

    test: Any = pulumi.runtime.test
    test(program)()
    trigger = {"client_secret": "a", "camelCase": "b"}
    assert registered.inputs == {
        "allowedTenants": {"aa": ""},
        "rotateSecretWhenChanged": trigger,
        "redirectUris": ["https://a", "https://b"],
    }
    assert found == ["c", "p", trigger]


class Reporting(native.OltApplication):
    """A class of a user, with an attribute of its own."""

    team: str = "ours"


def test_subclass_of_a_user_has_the_outputs(event_loop: None) -> None:
    pulumi.runtime.set_mocks(Registered(), preview=False)
    found: list[Any] = []

    def program() -> Any:
        app = Reporting("app", name="Reporting")
        return pulumi.Output.all(app.client_id, app.name).apply(found.extend)

    test: Any = pulumi.runtime.test
    test(program)()
    assert found == ["c", "Reporting"]


def test_source_position_is_the_line_of_the_program(
    event_loop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    positions: list[tuple[str, int]] = []
    register: Any = mocks.MockMonitor.RegisterResource

    def recording(monitor: Any, request: Any) -> Any:
        if request.custom:
            position = request.sourcePosition
            positions.append((Path(position.uri).name, position.line))
        return register(monitor, request)

    monkeypatch.setattr(mocks.MockMonitor, "RegisterResource", recording)
    pulumi.runtime.set_mocks(Registered(), preview=False)
    line = inspect.currentframe().f_lineno + 3  # type: ignore[union-attr]

    def program() -> Any:
        app = native.OltApplication("app")
        native.OltInstallation("installation", application_id=app.id)

    test: Any = pulumi.runtime.test
    test(program)()
    here = Path(__file__).name
    assert sorted(positions) == [(here, line), (here, line + 1)]


def test_components_have_resources_of_the_native_form(event_loop: None) -> None:
    registered = Registered()
    pulumi.runtime.set_mocks(registered, preview=False)
    tenants = {"a0000000-0000-4000-8000-00000000000a": ""}
    pair = native.OltBackgroundApplicationPair("pair", generation=1, tenants=tenants)
    for each in (pair.first, pair.second):
        resources = [each, each.application, *each.installations.values()]
        modules = {type(resource).__module__ for resource in resources}
        assert len(resources) == 3
        assert all(module.startswith("olt_provider.native.") for module in modules)
