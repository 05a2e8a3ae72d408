"""Previews of the native form and of mixed stacks are read as those of the dynamic form."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from olt_provider.cli.graph import mermaid
from olt_provider.cli.graph.sources import of_preview
from olt_provider.cli.preview.steps import read_preview
from olt_provider.cli.preview.types import NATIVE
from olt_provider.cli.review.effects import review
from tests.cli.test_review import GOLDEN, KEPT, PREVIEWS

TOKENS: Final = {dynamic: native for native, dynamic in NATIVE.items()}
NAMED: Final = ("inputs", "outputs", "propertyDependencies")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _native_urn(urn: str) -> str:
    for dynamic, native in TOKENS.items():
        urn = urn.replace(dynamic, native)
    return urn


def _native_state(state: Any) -> Any:
    if state is None:
        return None
    found = {**state, "type": TOKENS.get(state["type"], state["type"])}
    for key in NAMED:
        if key in state:
            found[key] = {_camel(name): value for name, value in state[key].items()}
    adopt = found.get("inputs", {}).get("adopt")
    if isinstance(adopt, dict):
        found["inputs"]["adopt"] = {_camel(name): value for name, value in adopt.items()}
    return found


def _native_step(step: dict[str, Any]) -> dict[str, Any]:
    paths = step["detailedDiff"]
    return json.loads(  # type: ignore[no-any-return]
        _native_urn(
            json.dumps(
                {
                    **step,
                    "oldState": _native_state(step.get("oldState")),
                    "newState": _native_state(step.get("newState")),
                    "detailedDiff": paths and {_camel(path): kind for path, kind in paths.items()},
                }
            )
        )
    )


def _text(name: str, converted: Callable[[int], bool]) -> str:
    content = json.loads((PREVIEWS / f"{name}.json").read_text("utf-8"))
    ours = ("olt:Olt", "pulumi-python")
    for place, step in enumerate(content["steps"]):
        if any(part in step["urn"] for part in ours) and converted(place):
            content["steps"][place] = _native_step(step)
    return json.dumps(content)


@pytest.mark.parametrize("name", KEPT)
def test_review_of_a_native_preview_is_that_of_the_dynamic_form(name: str) -> None:
    text = _text(name, lambda _: True)
    assert name == "failure" or "olt:index:Application" in text
    found = review(read_preview(text)).model_dump(mode="json")
    assert found == json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", KEPT)
def test_graph_of_a_native_preview_is_that_of_the_dynamic_form(name: str) -> None:
    native = of_preview(read_preview(_text(name, lambda _: True)))
    dynamic = of_preview(read_preview((PREVIEWS / f"{name}.json").read_text("utf-8")))
    assert mermaid.render(native) == mermaid.render(dynamic)


def test_migration_to_the_native_form_by_an_alias_changes_nothing() -> None:
    """The old state has the type and the names of the dynamic form."""
    old = {
        "id": "10000000-0000-4000-8000-000000000001",
        "type": "pulumi-python:dynamic/olt:OltApplication",
        "urn": "urn:pulumi:dev::test::pulumi-python:dynamic/olt:OltApplication::app",
        "inputs": {"name": "app", "allowed_tenants": {}},
        "outputs": {"name": "app", "allowed_tenants": {}, "status": "active"},
    }
    new = {"type": "olt:index:Application", "inputs": {"name": "app", "allowedTenants": {}}}
    urn = "urn:pulumi:dev::test::olt:index:Application::app"
    step = {"op": "update", "urn": urn, "oldState": old, "newState": new}
    found = review(read_preview(json.dumps({"steps": [step], "changeSummary": {}})))
    assert (
        found.model_dump()
        == review(
            read_preview(json.dumps({"steps": [{**step, "op": "same"}], "changeSummary": {}}))
        ).model_dump()
    )


def test_import_changes_nothing_and_is_listed() -> None:
    tenant = "a0000000-0000-4000-8000-00000000000a"
    id_ = "10000000-0000-4000-8000-000000000001"
    inputs = {"name": "app", "allowedTenants": {tenant: ""}, "rotateSecretWhenChanged": {"k": 1}}
    application = {
        "op": "import",
        "urn": "urn:pulumi:dev::test::olt:index:Application::app",
        "newState": {"type": "olt:index:Application", "importID": id_, "inputs": inputs},
    }
    installation = {
        "op": "import",
        "urn": "urn:pulumi:dev::test::olt:index:Installation::in",
        "newState": {
            "type": "olt:index:Installation",
            "importID": f"{tenant}/{id_}",
            "inputs": {"applicationId": id_, "tenantId": tenant},
        },
    }
    found = review(
        read_preview(json.dumps({"steps": [application, installation], "changeSummary": {}}))
    )
    assert [(each.application_id, each.note[:8]) for each in found.other] == [(id_, "imported")]
    assert not any((found.gains_access, found.loses_access, found.dead_secrets, found.refused))
    assert found.labels == []


def test_settings_of_a_native_provider_are_listed() -> None:
    provider = {"type": "pulumi:providers:olt", "inputs": {"apiUrl": "x", "version": "1.0.0"}}
    urn = "urn:pulumi:dev::test::pulumi:providers:olt::other"
    step = {"op": "create", "urn": urn, "newState": provider}
    (changed,) = review(read_preview(json.dumps({"steps": [step], "changeSummary": {}}))).providers
    assert (changed.provider, changed.what, changed.settings) == ("other", "new", ("olt:apiUrl",))
