"""The harness on the real engine, with a provider that stores its resources in a folder."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import pytest

from tests.engine.conftest import MakeStack
from tests.engine.harness import EngineError, Result

PROGRAM = """
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult,
)


def file(id_: str) -> Path:
    return Path(os.environ["THINGS"]) / id_


class Provider(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        if props["text"] == "refused":
            raise Exception("the thing is refused: " + os.environ.get("OLT_API_TOKEN", ""))
        file("thing").write_text(props["text"])
        return CreateResult("thing", dict(props))

    def diff(self, id_: str, old: dict[str, Any], new: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=None if old["text"] != new["text"] else False)

    def update(self, id_: str, old: dict[str, Any], new: dict[str, Any]) -> UpdateResult:
        file(id_).write_text(new["text"])
        return UpdateResult(dict(new))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        if not file(id_).exists():
            return ReadResult("", {})
        return ReadResult(id_, {**props, "text": file(id_).read_text()})

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        file(id_).unlink()


class Thing(Resource, module="test", name="Thing"):
    text: pulumi.Output[str]

    def __init__(self, name: str, text: pulumi.Input[str]) -> None:
        super().__init__(Provider(), name, {"text": text})


config = pulumi.Config()
thing = Thing("thing", config.require("text"))
pulumi.export("text", thing.text)
pulumi.export("hidden", pulumi.Output.secret("hush"))
"""


@pytest.fixture
def things(tmp_path: Path) -> Path:
    folder = tmp_path / "things"
    folder.mkdir()
    return folder


def test_secrets_reach_the_program_and_are_read_as_the_cli_shows_them(
    new_stack: MakeStack, things: Path
) -> None:
    stack = new_stack(PROGRAM)
    assert stack.outputs() == {}
    stack.env["THINGS"] = str(things)
    stack.config("text", "not for all", secret=True)
    stack.up()
    assert (things / "thing").read_text() == "not for all"
    assert "not for all" not in stack.settings_file.read_text()

    shown = stack.run("stack", "output", "--json", "--show-secrets").stdout
    assert stack.outputs() == json.loads(shown) == {"hidden": "hush", "text": "not for all"}
    exported = json.loads(stack.run("stack", "export", "--show-secrets").stdout)
    assert stack.exported() == exported["deployment"]["resources"]


def test_an_unexpected_failure_shows_the_output_without_the_credentials(
    new_stack: MakeStack, things: Path
) -> None:
    stack = new_stack(PROGRAM)
    stack.env.update({"THINGS": str(things), "OLT_API_TOKEN": "a.made-up.token"})
    stack.config("text", "refused")
    with pytest.raises(EngineError, match=r"the thing is refused: \[secret\]") as caught:
        stack.up()
    assert "a.made-up.token" not in str(caught.value)


def test_a_call_that_takes_too_long_is_ended_with_all_it_started(
    new_stack: MakeStack, things: Path
) -> None:
    stack = new_stack(
        "import fcntl, os, signal\n"
        "held = open(os.environ['THINGS'] + '/held', 'w')\n"
        "fcntl.flock(held, fcntl.LOCK_EX)\n"
        "signal.pause()\n"
    )
    stack.env["THINGS"] = str(things)
    with pytest.raises(EngineError, match="took over 15 s"):
        stack.preview(timeout=15)
    # The system releases the program's lock when the program ends; until then this waits.
    with (things / "held").open("r") as held:
        fcntl.flock(held, fcntl.LOCK_EX)


def test_a_result_shows_no_output_in_its_repr() -> None:
    assert "secret" not in repr(Result(0, json.dumps({"key": "secret"}), "secret"))
