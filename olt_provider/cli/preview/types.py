"""Convert type tokens and property names of the native form to those of the dynamic form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from olt_provider.native import names
from olt_provider.native.names import snake

APPLICATION: Final = names.DYNAMIC_APPLICATION
INSTALLATION: Final = names.DYNAMIC_INSTALLATION
PROVIDER: Final = "pulumi:providers:pulumi-python"
NATIVE: Final = {**names.ALIASES, names.PROVIDER: PROVIDER}
"""The dynamic form's type token by that of the native form."""
OF_THE_ENGINE: Final = frozenset({"version", "pluginDownloadURL", "__internal"})
"""Inputs of a native provider that are not settings."""
STATES: Final = ("oldState", "newState")


def kind_of(urn: str) -> str:
    """The type token in a URN, without those of the components around it."""
    token = urn.split("::", 3)[2].rsplit("$", 1)[-1]
    return NATIVE.get(token, token)


def plain_type(token: Any) -> Any:
    """Return a type token, for one of the native form that of the dynamic form."""
    return NATIVE.get(token, token) if isinstance(token, str) else token


def as_dynamic(token: Any, props: Any) -> Any:
    """Return the properties of a resource of this type, with the names of the dynamic form."""
    if not isinstance(token, str) or token not in NATIVE or not isinstance(props, Mapping):
        return props
    if NATIVE[token] == PROVIDER:
        return {f"olt:{key}": value for key, value in props.items() if key not in OF_THE_ENGINE}
    found = {snake(key): value for key, value in props.items()}
    if isinstance(found.get("adopt"), Mapping):
        found["adopt"] = {snake(key): value for key, value in found["adopt"].items()}
    return found


def step_as_dynamic(step: Any) -> Any:
    """Return a step with the names of the dynamic form. A step in another format is unchanged."""
    if not isinstance(step, dict) or not isinstance(step.get("urn"), str):
        return step
    parts = step["urn"].split("::", 3)
    own = parts[2].rsplit("$", 1)[-1] if len(parts) > 3 else ""
    changed = {key: _state(own, step[key]) for key in STATES if isinstance(step.get(key), dict)}
    paths = step.get("detailedDiff")
    if own in NATIVE and isinstance(paths, dict):
        changed["detailedDiff"] = {_path(own, path): kind for path, kind in paths.items()}
    return {**step, **changed}


def _state(own: str, state: dict[str, Any]) -> dict[str, Any]:
    """Convert a state, whose type differs from the step's if an alias names another one."""
    token = state.get("type") or own
    names = ("inputs", "outputs", "propertyDependencies")
    found = {key: as_dynamic(token, state[key]) for key in names if key in state}
    return {**state, **found, **({"type": plain_type(token)} if "type" in state else {})}


def _path(token: str, path: str) -> str:
    first, rest = re.fullmatch(r"([^.\[]*)(.*)", path, re.DOTALL).groups()  # type: ignore[union-attr]
    return next(iter(as_dynamic(token, {first: None})), first) + rest
