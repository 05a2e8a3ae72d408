"""The inputs of a read: the old ones, with the values that were found."""

from __future__ import annotations

from typing import Any, Final

import pytest

from olt_provider.dynamic.states import DEFAULTS_KEY, as_read, with_defaults
from olt_provider.lifecycle.application.model import TABLE, ApplicationInputs
from olt_provider.lifecycle.properties import as_declared, defaults

NAMED: Final = {"name": "x", "tenant_id": "t"}
ALL: Final = {**NAMED, **defaults(TABLE)}


def outputs_of(inputs: dict[str, Any]) -> dict[str, Any]:
    return ApplicationInputs.from_props(inputs).to_props()


@pytest.mark.parametrize(
    "inputs",
    [
        NAMED,
        ALL,
        {**NAMED, "status": "inactive"},
        {**NAMED, "status": "active"},
        {**ALL, "url": "u"},
    ],
)
def test_read_without_drift_returns_the_inputs_and_outputs_as_they_were(
    inputs: dict[str, Any],
) -> None:
    kept = with_defaults(TABLE, outputs_of(inputs), inputs)
    assert as_read(TABLE, kept, outputs_of(inputs)) == (kept, inputs)


def test_read_of_a_state_of_0_1_0_returns_every_default() -> None:
    kept = outputs_of(ALL)
    assert as_read(TABLE, kept, outputs_of(ALL)) == (kept, ALL)
    drifted = {**ALL, "status": "inactive"}
    assert as_read(TABLE, kept, outputs_of(drifted)) == (outputs_of(drifted), drifted)


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (NAMED, {**NAMED, "status": "inactive"}),
        ({**NAMED, "status": "inactive"}, {**NAMED, "status": "active"}),
        (NAMED, {**NAMED, "url": "https://a"}),
        (NAMED, {**NAMED, "redirect_uris": ["https://a"]}),
    ],
)
def test_only_what_deviates_differs_after_a_read_and_after_the_check_that_follows(
    before: dict[str, Any], found: dict[str, Any]
) -> None:
    kept = with_defaults(TABLE, outputs_of(before), before)
    outputs, inputs = as_read(TABLE, kept, outputs_of(found))
    assert inputs == found
    (deviating,) = {key for key in {*before, *found} if before.get(key) != found.get(key)}
    checked = as_declared(TABLE, before, inputs)
    changed = {key for key in {*checked, *inputs} if checked.get(key) != inputs.get(key)}
    assert changed == {deviating}
    assert as_read(TABLE, outputs, outputs_of(found)) == (outputs, inputs)


def test_inputs_of_a_creation_record_no_default() -> None:
    assert with_defaults(TABLE, {}, NAMED) == {DEFAULTS_KEY: []}
