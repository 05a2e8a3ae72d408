"""A property stands in the table, the API model, the constructor, the emulator and the docs."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from typing import Any, Final

import pytest
from pydantic import BaseModel

from olt_provider import OltApplication, OltBackgroundApplication, OltInstallation
from olt_provider.api import applications as api
from olt_provider.application import COMPUTED
from olt_provider.emulator import models as emulated
from olt_provider.lifecycle.application.model import (
    TABLE,
    Adoption,
    ApplicationInputs,
    ApplicationState,
)
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.properties import (
    Property,
    Sent,
    Table,
    as_declared,
    defaults,
    differing,
    table_of,
)
from tools.workspace import ROOT

RESOURCES: Final = {
    "application": (OltApplication, ApplicationInputs, ApplicationState),
    "installation": (OltInstallation, InstallationInputs, InstallationState),
}
OWN: Final = {"self", "resource_name", "opts"}


def parameters(resource: type) -> set[str]:
    return set(inspect.signature(resource).parameters) - OWN


def documented(resource: type) -> dict[str, str]:
    """Parameter -> its text in the constructor's docstring."""
    text = inspect.getdoc(resource.__init__) or ""  # type: ignore[misc]
    found = re.findall(r":param (\w+): (.*?)(?=\n:|\n\n|\Z)", text, re.DOTALL)
    return {name: " ".join(each.split()) for name, each in found if name not in OWN}


def attributes(resource: type) -> dict[str, str]:
    """Attribute -> the docstring below it."""
    (node,) = ast.parse(inspect.getsource(resource)).body
    assert isinstance(node, ast.ClassDef)
    found = {}
    for declared, text in zip(node.body, node.body[1:], strict=False):
        if isinstance(declared, ast.AnnAssign) and isinstance(declared.target, ast.Name):
            assert isinstance(text, ast.Expr)
            assert isinstance(text.value, ast.Constant)
            found[declared.target.id] = str(text.value.value)
    return found


@pytest.mark.parametrize("name", RESOURCES)
def test_every_field_is_a_property(name: str) -> None:
    _, inputs, state = RESOURCES[name]
    assert {each.name for each in fields(inputs)} == set(table_of(inputs))
    own = {"id", "inputs", "needs_new_secret", "adopting"}
    assert {each.name for each in fields(state)} - own == set(table_of(state))


def declared(table: Table) -> dict[str, Property]:
    """The properties that a program declares. ``check`` fills in those without a rule."""
    return {name: each for name, each in table.items() if each.rule}


@pytest.mark.parametrize("name", RESOURCES)
def test_the_constructor_takes_and_documents_every_input(name: str) -> None:
    resource, inputs, _ = RESOURCES[name]
    wanted = declared(table_of(inputs))
    assert parameters(resource) == set(wanted)
    assert documented(resource) == {key: each.doc for key, each in wanted.items()}


def test_the_component_takes_every_input_but_the_tenants() -> None:
    wanted = set(declared(TABLE)) - {"allowed_tenants"}
    own = {"tenants", "install", "providers"}
    assert parameters(OltBackgroundApplication) == wanted | own


@pytest.mark.parametrize("name", RESOURCES)
def test_every_kept_property_is_a_documented_output(name: str) -> None:
    resource, inputs, state = RESOURCES[name]
    kept = {key for key, each in table_of(inputs).items() if not each.creation_only}
    outputs = table_of(state)
    documented = attributes(resource)
    assert set(documented) == kept | set(outputs)
    assert {key: documented[key] for key in outputs} == {
        key: each.doc for key, each in outputs.items()
    }


def test_the_constructor_names_every_computed_output() -> None:
    filled_in = set(TABLE) - set(declared(TABLE))
    assert (*table_of(ApplicationState), *filled_in) == COMPUTED


def sent_in(body: Sent) -> set[str]:
    return {name for name, each in TABLE.items() if body in each.sent}


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (Sent.REGISTRATION, api.ApplicationRegistration),
        (Sent.REGISTRATION, emulated.Registration),
        (Sent.PATCH, api.ApplicationPatch),
        (Sent.PATCH, emulated.Change),
    ],
)
def test_the_bodies_have_the_fields_that_are_sent(body: Sent, model: type[BaseModel]) -> None:
    assert set(model.model_fields) == sent_in(body)


@pytest.mark.parametrize("model", [api.Application, emulated.Application])
def test_what_the_platform_holds_is_in_its_responses(model: type[BaseModel]) -> None:
    assert {name for name, each in TABLE.items() if each.on_platform} <= set(model.model_fields)


@pytest.mark.parametrize("name", RESOURCES)
def test_the_docs_list_every_property(name: str) -> None:
    _, inputs, state = RESOURCES[name]
    page = (ROOT / "docs" / f"olt_{name}.md").read_text("utf-8")
    rows = "\n".join(line for line in page.splitlines() if line.startswith("| `"))
    for key in (*table_of(inputs), *table_of(state)):
        assert f"`{key}`" in rows, key


def test_names_are_in_camel_case_on_the_wire() -> None:
    assert TABLE["with_public_oauth2_client"].camel_name == "withPublicOauth2Client"


FULL: Final = ApplicationInputs(
    name="x",
    tenant_id="t",
    allowed_tenants={"a": "b"},
    with_public_oauth2_client=True,
    redirect_uris=("https://a",),
    teaser_description="text",
    url="https://b",
    status="inactive",
    rotate_secret_when_changed={"on": "monday"},
    rotate_secret_after_days=90,
    force_destroy=True,
    prevent_duplicate_name=False,
)


@pytest.mark.parametrize("inputs", [FULL, ApplicationInputs("x", "t")])
def test_a_state_gives_back_what_was_kept(inputs: ApplicationInputs) -> None:
    assert ApplicationInputs.from_props(inputs.to_props()) == inputs


def test_an_adoption_is_not_kept() -> None:
    inputs = ApplicationInputs("x", "t", adopt=Adoption("a"))
    assert "adopt" not in inputs.to_props()
    assert "adopt" not in ApplicationState.from_props("a", inputs.to_props()).to_props()


def test_every_property_that_is_compared_is_compared() -> None:
    old, new = ApplicationInputs("", "").to_props(), FULL.to_props()
    assert set(differing(TABLE, old, new)) == set(declared(TABLE)) - {"adopt"}
    assert differing(TABLE, new, new) == ()


NAMED: Final = {"name": "x", "tenant_id": "t"}
BY_DEFAULT: Final = {**NAMED, **defaults(TABLE)}


@pytest.mark.parametrize(
    ("declared", "olds", "kept"),
    [
        (NAMED, {}, NAMED),
        ({**NAMED, "status": "active"}, {}, NAMED),
        ({**NAMED, "status": "inactive"}, {}, {**NAMED, "status": "inactive"}),
        (NAMED, {**NAMED, "status": "inactive"}, {**NAMED, "status": "active"}),
        (NAMED, {**NAMED, "url": "https://a"}, NAMED),
        (NAMED, BY_DEFAULT, BY_DEFAULT),
        ({**NAMED, "allowed_tenants": {}}, {}, {**NAMED, "allowed_tenants": {}}),
    ],
)
def test_inputs_are_kept_as_declared(
    declared: dict[str, Any], olds: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert as_declared(TABLE, declared, olds) == kept
