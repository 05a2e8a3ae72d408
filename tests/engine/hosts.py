"""The two forms of the provider as variants of the same test."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest

from tests.engine.harness import Engine, Stack
from tests.native.stacks import NativeStack, native

TYPES: Final = {
    "olt:index:Application": "pulumi-python:dynamic/olt:OltApplication",
    "olt:index:Installation": "pulumi-python:dynamic/olt:OltInstallation",
}
"""The types of the native form, with those of the dynamic one."""
TEXTS: Final = {
    "warning: olt: ": "warning: ",
    'opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="OLD")])': (
        'the resource option aliases: [{name: "OLD"}]'
    ),
    "delete_before_replace=True": "deleteBeforeReplace: true",
    "tenant_id=": "tenantId: ",
    "application_id=": "applicationId: ",
    "force_destroy=True": "forceDestroy: true",
    "prevent_duplicate_name=False": "preventDuplicateName: false",
}
"""Parts of messages that differ in the native form, besides names in camelCase."""


class TranslatedStack(NativeStack):
    """A native stack whose program and expectations are written for the dynamic form."""

    connections: ClassVar[int] = 32
    process: ClassVar[str] = "pulumi-resource-olt"

    def program(self, source: str) -> None:
        """Write the program in the native form."""
        super().program(native(source))

    @staticmethod
    def name_of(name: str) -> str:
        """The name of a property on the wire."""
        return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)

    def text(self, text: str) -> str:
        """A message with the names and the literals of the wire."""
        text = re.sub(r"adopt=AdoptArgs\((.*?)\)", r"adopt: {\1}", text)
        for python, wire in TEXTS.items():
            text = text.replace(python, wire)
        return re.sub(r"\b[a-z]+(_[a-z0-9]+)+\b", lambda found: self.name_of(found[0]), text)

    def urn(self, kind: str, name: str) -> str:
        """The URN of a resource of a class of the Python package."""
        return super().urn(kind, name).replace("pulumi-python:dynamic/olt:Olt", "olt:index:")

    def read(self, resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Resources of a state with the types and the property names of the dynamic form."""
        return [
            each
            | {"type": TYPES.get(each["type"], each["type"])}
            | {key: _snake(each[key]) for key in ("inputs", "outputs") if key in each}
            if each["type"] in TYPES
            else each
            for each in resources
        ]


def _snake(props: dict[str, Any]) -> dict[str, Any]:
    return {_snake_name(key): value for key, value in props.items()}


def _snake_name(name: str) -> str:
    if name.startswith("__"):
        return name
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


@dataclass(frozen=True)
class Host:
    """A form of the provider, with its class of stacks."""

    name: str
    kind: type[Stack]
    golden: str = ""
    """The infix of its golden files."""

    def stack(self, engine: Engine, folder: Path, program: str) -> Stack:
        """A new, empty stack in a folder, with a program that is written for the dynamic form."""
        return engine.stack_of(self.kind, folder, program)


DYNAMIC: Final = Host("dynamic", Stack)
NATIVE: Final = Host("native", TranslatedStack, ".native")

both_hosts: Final = pytest.mark.hosts(
    pytest.param(DYNAMIC, id="dynamic"), pytest.param(NATIVE, id="native")
)
"""Runs a test, or all of a module, with both forms."""
both_hosts_long: Final = pytest.mark.hosts(
    pytest.param(DYNAMIC, id="dynamic"), pytest.param(NATIVE, id="native", marks=pytest.mark.long)
)
"""As ``both_hosts``; ``make test-long`` runs the native one."""


def dynamic_only(why: str) -> pytest.MarkDecorator:
    """Run a test of such a module with the dynamic form alone."""
    return pytest.mark.hosts(pytest.param(DYNAMIC, id="dynamic"), why=why)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a marked test once for each host; the mark of a test comes before its module's."""
    mark = metafunc.definition.get_closest_marker("hosts")
    if mark is not None and "host" in metafunc.fixturenames:
        metafunc.parametrize("host", mark.args, indirect=True, scope="module")
