"""Parses the output of ``--diff`` and a state, so that both can be compared."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.engine.harness import Stack

HEAD = re.compile(r"^\s*(?:[+~><-]{1,2}\s*)?(?P<type>\w[\w:/$-]+): \((?P<op>[\w-]+)\)$")
URN = re.compile(r"^\s*\[urn=(?P<urn>\S+)\]$")
TAIL = "Resources:"


def blocks(diff: str) -> dict[tuple[str, str], str]:
    """Return the output of each changed step: (resource name, operation) -> its lines."""
    found: dict[tuple[str, str], str] = {}
    lines: list[str] = []
    operation = ""
    for line in [*diff.splitlines(), TAIL]:
        head = HEAD.match(line)
        if head is None and line != TAIL:
            lines.append(line)
            continue
        name = _name(lines)
        if name and operation != "same":
            assert (name, operation) not in found, f"{name} is shown twice for {operation}"
            found[name, operation] = _without_margin(lines)
        if line == TAIL:
            break
        lines, operation = [line], head["op"] if head else ""
    return found


def changed_lines(block: str) -> list[str]:
    """The lines that show a change of a single value, spaces evened: ``~ name: "a" => "b"``."""
    evened = [re.sub(r"\s*: ", ": ", line.strip(), count=1) for line in block.splitlines()[1:]]
    return [line for line in evened if line[0] in "+~-" and line[1] == " " and line[-1] not in "{["]


def values_of(stack: Stack) -> dict[str, Any]:
    """Return the values of each resource in the state, with the secrets masked."""
    state = {
        each["urn"]: {key: each.get(key) for key in ("id", "inputs", "outputs")}
        for each in stack.resources()
    }
    values: dict[str, Any] = json.loads(
        json.dumps(state),
        object_hook=lambda value: value | {"ciphertext": ""} if "ciphertext" in value else value,
    )
    return values


def _name(lines: list[str]) -> str:
    urns = [match["urn"] for match in map(URN.match, lines) if match]
    return urns[0].rsplit("::", 1)[1] if urns else ""


def _without_margin(lines: list[str]) -> str:
    """As the step would stand at the left edge; its first line may begin with its sign."""
    margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[margin:].rstrip() for line in lines).rstrip() + "\n"
