"""The previews of each kind of change, stored as golden files for readers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from olt_provider.application import COMPUTED, OltApplication
from olt_provider.emulator import Emulator
from olt_provider.installation import OltInstallation
from tests.engine.harness import Engine, Stack
from tests.engine.hosts import DYNAMIC, NATIVE, Host, both_hosts
from tests.engine.olt import reaching_as
from tests.engine.previewed import (
    AFTER,
    BEFORE,
    CHANGES,
    DRIFTED,
    EXPECTED,
    EXTERNAL,
    FIXED,
    SECRETS,
    SEED,
    A,
    B,
    C,
    Expected,
    expected_of,
)
from tests.engine.shown import TAIL, blocks, changed_lines

GOLDEN: Final = Path(__file__).parent / "golden"
UPDATE: Final = bool(os.environ.get("UPDATE_GOLDENS"))

pytestmark = [both_hosts, pytest.mark.timeout(300)]


def _drift(emulator: Emulator, stack: Stack) -> None:
    platform, drifted = emulator.platform, stack.resource("drifted")["id"]
    platform.patch(drifted, name="Manual", url="https://b.example", status="inactive")
    platform.allow(drifted, A, "manual")
    platform.revoke(drifted, B)
    platform.allow(drifted, C)
    platform.delete(stack.resource("drifted-and-gone")["id"])
    platform.uninstall(stack.resource("allowed")["id"], C)


# What a preview shows of a step; the rest is the engine's own, and other in other versions of it.
SHOWN_KEYS: Final = ("op", "urn", "diffReasons", "replaceReasons", "detailedDiff")
KEPT: Final = ("id", "inputs", "outputs")
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # what the SDK writes for an unknown value
INTERNAL: Final = "__"  # keys that no display of the engine shows


@dataclass(frozen=True, repr=False)
class Preview:
    """The output of one preview as text and as JSON, and its random names."""

    expected: Expected
    text: str
    document: dict[str, Any]
    random: Mapping[str, str]

    @property
    def blocks(self) -> dict[tuple[str, str], str]:
        return blocks(self._even(self.text))

    def steps(self, name: str) -> list[dict[str, Any]]:
        """Return the steps of one resource: a refresh may precede the other."""
        steps = [step for step in self.document["steps"] if step["op"] != "same"]
        return [step for step in steps if _name(step) == name]

    def step(self, name: str) -> dict[str, Any]:
        (step,) = (step for step in self.steps(name) if step["op"] != "refresh")
        return step

    def golden(self, name: str, kind: str) -> str:
        """The expected content of the golden file of a resource."""
        if kind == "diff":
            return "".join(text for (shown, _), text in self.blocks.items() if shown == name)
        found = [
            {key: _sorted(step[key]) for key in SHOWN_KEYS if step.get(key)}
            | {state: _state(step[state]) for state in ("oldState", "newState") if state in step}
            for step in self.steps(name)
        ]
        return self._even(json.dumps(found, indent=2) + "\n")

    def summary(self) -> str:
        warnings = sorted(each["message"].strip() for each in self.document.get("diagnostics", ()))
        return self._even(TAIL + self.text.partition(TAIL)[2] + "\n".join([*warnings, ""]))

    def _even(self, text: str) -> str:
        for value, name in self.random.items():
            text = text.replace(value, name)
        text = re.sub(r"(:olt::default)_[\w-]+::[0-9a-f-]{36}", r"\1", text)  # the plugin's version
        return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "{time}", text)


def _name(step: Mapping[str, Any]) -> str:
    return str(step["urn"]).rsplit("::", 1)[1]


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def _state(state: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: state[key] for key in KEPT if key in state}
    for key in ("inputs", "outputs"):
        if key in kept:
            kept[key] = {
                name: value for name, value in kept[key].items() if not name.startswith(INTERNAL)
            }
    return kept


def _drawn(emulator: Emulator, stack: Stack) -> dict[str, str]:
    """Return the IDs and addresses of this run, with their replacements in a golden file."""
    names = {UNKNOWN: "[unknown]", emulator.api_url: "{api_url}"}
    for each in stack.resources():
        name, outputs = each["urn"].rsplit("::", 1)[1], each.get("outputs", {})
        if each["type"].endswith("/olt:OltApplication") and each["id"] not in FIXED:
            names[each["id"]] = f"{{id of {name}}}"
        names |= {
            outputs[key]: f"{{{key} of {name}}}"
            for key in ("client_id", "public_client_id")
            if outputs.get(key)
        }
    return names


def _secrets(stack: Stack) -> set[str]:
    """The client secret of every application in the state."""
    return {
        json.loads(each["outputs"]["client_secret"]["plaintext"])
        for each in stack.exported()
        if each["type"].endswith("/olt:OltApplication") and each["id"] != EXTERNAL
    }


@pytest.fixture(scope="module")
def emulator(host: Host) -> Iterator[Emulator]:
    """A platform of its own for each host."""
    with Emulator.start(SEED) as emulator:
        yield emulator


@dataclass(frozen=True, repr=False)
class Previews:
    change: Preview
    drift: Preview
    secrets: set[str]


@pytest.fixture(scope="module")
def previews(
    host: Host, emulator: Emulator, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Previews:
    """Two previews of one stack, each as text and as JSON: another program, and drift."""
    stack = host.stack(engine, tmp_path_factory.mktemp("previews"), BEFORE)
    tokens = reaching_as(emulator, A, B, C)
    stack.env.update(tokens | {"OLT_TENANT_ID": A})
    stack.up()
    drawn = _drawn(emulator, stack)

    stack.program(AFTER)
    change = Preview(
        expected_of(host, EXPECTED), stack.preview("--diff").stdout, stack.preview_json(), drawn
    )

    stack.program(BEFORE)
    _drift(emulator, stack)
    refreshed = ("--refresh", "--run-program")
    text = stack.preview("--diff", *refreshed).stdout
    drift = Preview(expected_of(host, DRIFTED), text, stack.preview_json(*refreshed), drawn)
    secrets = {*SECRETS, *_secrets(stack), *json.loads(tokens["OLT_TENANT_TOKENS"]).values()}
    return Previews(change, drift, secrets)


KINDS: Final = ("diff", "json")
SHOWN: Final = [*(("change", name) for name in EXPECTED), *(("drift", name) for name in DRIFTED)]


def _agree(path: Path, text: str) -> None:
    """Compare with a golden file, or write it if that is requested."""
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == (path.read_text(encoding="utf-8") if path.exists() else ""), path.name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("preview", "name"), SHOWN)
def test_a_preview_reads_as_kept(
    host: Host, previews: Previews, preview: str, name: str, kind: str
) -> None:
    shown: Preview = getattr(previews, preview)
    if name in shown.expected:
        _agree(GOLDEN / preview / f"{name}{host.golden}.{kind}", shown.golden(name, kind))
    else:
        assert shown.steps(name) == []


@pytest.mark.parametrize("preview", ["change", "drift"])
def test_a_summary_reads_as_kept(host: Host, previews: Previews, preview: str) -> None:
    path = GOLDEN / preview / f"summary{host.golden}.txt"
    _agree(path, getattr(previews, preview).summary())


@pytest.mark.parametrize("preview", ["change", "drift"])
def test_nothing_is_shown_as_changing_that_does_not_change(
    previews: Previews, preview: str
) -> None:
    shown: Preview = getattr(previews, preview)
    steps = [step for step in shown.document["steps"] if step["op"] not in ("same", "refresh")]
    found = {_name(step): (step["op"], set(step.get("detailedDiff") or ())) for step in steps}
    assert found == shown.expected
    assert {name for name, _ in shown.blocks} == set(shown.expected)


@pytest.mark.parametrize("preview", ["change", "drift"])
def test_reasons_name_only_properties_that_change(previews: Previews, preview: str) -> None:
    shown: Preview = getattr(previews, preview)
    for name, (operation, paths) in shown.expected.items():
        step = shown.step(name)
        roots = {re.split(r"[.\[]", path)[0] for path in paths}
        assert set(step.get("diffReasons") or ()) == roots, name
        assert set(step.get("replaceReasons") or ()) == (roots if operation == "replace" else set())


def test_no_preview_shows_a_secret(previews: Previews) -> None:
    assert len(previews.secrets) > len(CHANGES)  # each application's, and the declared ones
    for preview in (previews.change, previews.drift):
        output = preview.text + json.dumps(preview.document)
        assert [number for number, secret in enumerate(previews.secrets) if secret in output] == []


def _goldens(ending: str) -> dict[str, str]:
    found = {f"{path.parent.name}/{path.stem}": path for path in GOLDEN.rglob(f"*{ending}")}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items()}


def test_no_golden_is_left_over() -> None:
    expected = {
        f"{preview}/{name}{host.golden}"
        for host in (DYNAMIC, NATIVE)
        for preview, name in SHOWN
        if name in expected_of(host, {**EXPECTED, **DRIFTED})
    }
    assert set(_goldens(".diff")) == expected
    assert set(_goldens(".json")) == expected


@pytest.mark.parametrize("ending", [".diff", ".json"])
def test_no_golden_names_what_is_not_the_users(ending: str) -> None:
    for name, text in _goldens(ending).items():
        assert f'"{INTERNAL}' not in text, name
        assert "__provider" not in text, name
        assert "4dabf18193072939515e22adb298388d" not in text, name  # how the SDK marks secrets


@pytest.mark.parametrize("ending", [".diff", ".json"])
def test_every_id_in_a_golden_is_the_same_in_every_run(ending: str) -> None:
    for name, text in _goldens(ending).items():
        ids = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)
        assert set(ids) <= FIXED, name


OWN_KEYS: Final = {"month", "key", "application_id"}  # of the mappings that the programs declare
PYTHON_NAMES: Final = (
    set(OltApplication.__annotations__) | set(OltInstallation.__annotations__) | {"adopt"}
) | OWN_KEYS
NAMES: Final = PYTHON_NAMES | {NATIVE.kind.name_of(name) for name in PYTHON_NAMES}


def test_a_diff_names_properties_and_nothing_else() -> None:
    for name, text in _goldens(".diff").items():
        named = set(re.findall(r"^ +(?:[+~-] )?(?!--)([^\s\[\]{}:]+) *:", text, re.MULTILINE))
        assert named - NAMES <= {A, B, C}, name


def test_a_diff_has_one_line_for_each_tenant() -> None:
    for name, text in _goldens(".diff").items():
        for block in text.split("[urn=")[1:]:
            lines = re.findall(rf"^ +(?:[+~-] )?({A}|{B}|{C})(.*)$", block, re.MULTILINE)
            tenants = [tenant for tenant, _ in lines]
            assert len(tenants) == len(set(tenants)), name
            for _, rest in lines:
                assert rest.startswith(': "'), name
            # An index would mean a list, which shifts when one is added.
            if "[0]" in block or "[1]" in block:
                assert "redirect_uris" in block or "redirectUris" in block, name


UPDATED: Final = [
    name
    for name, change in CHANGES.items()
    if change.operation in ("update", "replace") and name != "tenant-unknown"
]


@pytest.mark.parametrize("name", UPDATED)
def test_a_diff_has_one_line_for_each_value_that_changes(previews: Previews, name: str) -> None:
    if name not in previews.change.expected:
        assert previews.change.steps(name) == []
        return
    operation, paths = previews.change.expected[name]
    step = previews.change.step(name)
    values = [
        step[state]["inputs"].get(path) for path in paths for state in ("oldState", "newState")
    ]
    added_or_removed = [value for value in values if isinstance(value, dict)]
    expected = len(added_or_removed[0]) if added_or_removed else len(paths)
    shown = previews.change.blocks[name, operation]
    assert len(changed_lines(shown)) == expected


COMPUTED_NAMES: Final = {*COMPUTED, *map(NATIVE.kind.name_of, COMPUTED)}


def test_computed_outputs_are_never_shown_as_changing() -> None:
    for name, text in _goldens(".diff").items():
        changed = [re.match(r"[+~-] (\w+):", line) for line in changed_lines(text)]
        if not name.startswith("drift/drifted-and"):
            assert not {match[1] for match in changed if match} & COMPUTED_NAMES, name
