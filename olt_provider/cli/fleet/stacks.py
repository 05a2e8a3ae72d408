"""Operations on one stack through the Automation API, and their errors as one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from subprocess import CalledProcessError
from typing import Any, Final

from pulumi import automation

Step = Callable[[automation.Stack], Mapping[str, int]]
"""Changes a stack. Returns the number of resources by operation."""
LOCKED: Final = (
    "another engine works on this stack: wait until it has ended, then run the same command again; "
    "only if none runs any more, `pulumi cancel` removes its lock"
)
UNUSABLE: Final = (
    automation.CommandError,
    automation.InvalidVersionError,
    CalledProcessError,
    OSError,
)
"""Exceptions of calls of the Pulumi CLI."""


def up(stack: automation.Stack) -> Mapping[str, int]:
    """Deploy the stack."""
    return _counted(stack.up(suppress_outputs=True).summary.resource_changes)


def preview(stack: automation.Stack) -> Mapping[str, int]:
    """Preview the stack."""
    return _counted(stack.preview().change_summary)


def refresh(stack: automation.Stack) -> Mapping[str, int]:
    """Refresh the stack, with the current configuration."""
    return _counted(stack.refresh(run_program=True).summary.resource_changes)


def destroy(stack: automation.Stack) -> Mapping[str, int]:
    """Destroy the resources of the stack, with the current configuration."""
    return _counted(stack.destroy(run_program=True).summary.resource_changes)


def remove(stack: automation.Stack) -> Mapping[str, int]:
    """Destroy the resources of the stack, and remove it."""
    # a stack that an earlier run destroyed but did not remove has no resources
    resources = (stack.export_stack().deployment or {}).get("resources")
    changes = destroy(stack) if resources else {}
    stack.workspace.remove_stack(stack.name)
    return changes


def summary(changes: Mapping[str, int]) -> str:
    """Return the changes as text."""
    changed = [f"{n} {op}" for op, n in sorted(changes.items()) if n and op not in ("same", "read")]
    return ", ".join(changed) or "unchanged"


def first_error(error: automation.CommandError) -> str:
    """Return the most specific line of the output: the provider's own error, else the engine's."""
    if isinstance(error, automation.ConcurrentUpdateError):
        return LOCKED
    lines = [" ".join(line.split()) for line in str(error).splitlines()]
    ours = [line for line in lines if "OltError" in line]
    engines = [found[0] for line in lines if (found := re.search(r"\berror: .*", line))]
    return next(iter([*ours, *engines]), "the engine printed no error")


def reason(error: Exception) -> str:
    """Return why the Pulumi CLI could not be used."""
    if isinstance(error, automation.CommandError):
        return first_error(error)
    if isinstance(error, automation.InvalidVersionError):
        return f"cannot use the Pulumi CLI on PATH: {error}"
    if isinstance(error, OSError):
        why = "is it on PATH?" if isinstance(error, FileNotFoundError) else error.strerror
        return f"cannot run {error.filename}: {why}"
    return "cannot use the Pulumi CLI on PATH: `pulumi version` failed"


def _counted(changes: Mapping[Any, int] | None) -> Mapping[str, int]:
    # the SDK declares operations as an enumeration, but after an update they are text
    return {getattr(op, "value", op): count for op, count in (changes or {}).items()}
