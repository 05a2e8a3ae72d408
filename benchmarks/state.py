"""How large a state is, and how much of it is the provider's doing.

Everything is counted as compact JSON. ``whole`` is a resource's entry in the state. ``provider`` is
what the entry holds in ``inputs`` and ``outputs`` beyond the properties that the program declares:
the pickled provider, defaults that were filled in, and outputs, encrypted secrets included.
``pickle`` is the pickled provider alone; the engine keeps it in both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from benchmarks.results import StateSize

DECLARED: Final = {
    "Application": frozenset({"name", "allowed_tenants", "allowedTenants"}),
    "Installation": frozenset({"application_id", "tenant_id", "applicationId", "tenantId"}),
}
"""What the programs in ``providers/`` declare, by how the resource's type ends; the native form has
names of its own."""
PICKLE: Final = "__provider"


def kind(resource: Mapping[str, Any]) -> str | None:
    """Which of the benchmark's resources it is, if any."""
    return next((name for name in DECLARED if str(resource["type"]).endswith(name)), None)


def of_the_benchmark(resources: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without the stack and the engine's own."""
    return [each for each in resources if kind(each)]


def size(resources: Iterable[Mapping[str, Any]]) -> StateSize | None:
    """The bytes of all of the benchmark's resources; None where there are none."""
    ours = of_the_benchmark(resources)
    if not ours:
        return None
    return StateSize(
        resources=len(ours),
        whole=sum(_bytes(each) for each in ours),
        provider=sum(_undeclared(each) for each in ours),
        pickle=sum(_members(each, lambda name: name == PICKLE) for each in ours),
    )


def _undeclared(resource: Mapping[str, Any]) -> int:
    declared = DECLARED[kind(resource) or ""]
    return _members(resource, lambda name: name not in declared)


def _members(resource: Mapping[str, Any], wanted: Callable[[str], bool]) -> int:
    return sum(
        _bytes({name: value}) - 1  # two brackets less, and a comma
        for part in ("inputs", "outputs")
        for name, value in resource.get(part, {}).items()
        if wanted(name)
    )


def _bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
