"""Type tokens and property names: those of the native form are read as those of the dynamic one."""

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
"""Type tokens of the native form, with those of the dynamic one."""
OF_THE_ENGINE: Final = frozenset({"version", "pluginDownloadURL", "__internal"})
"""Inputs of a native provider that are no settings."""
STATES: Final = ("oldState", "newState")


def kind_of(urn: str) -> str:
    """The type token in a URN, without those of the components around it."""
    token = urn.split("::", 3)[2].rsplit("$", 1)[-1]
    return NATIVE.get(token, token)


def plain_type(token: Any) -> Any:
    """A type token, that of the dynamic form for one of the native form."""
    return NATIVE.get(token, token) if isinstance(token, str) else token


def as_dynamic(token: Any, props: Any) -> Any:
    """The properties of a resource of this type, with the names of the dynamic form."""
    if not isinstance(token, str) or token not in NATIVE or not isinstance(props, Mapping):
        return props
    if NATIVE[token] == PROVIDER:
        return {f"olt:{key}": value for key, value in props.items() if key not in OF_THE_ENGINE}
    found = {snake(key): value for key, value in props.items()}
    if isinstance(found.get("adopt"), Mapping):
        found["adopt"] = {snake(key): value for key, value in found["adopt"].items()}
    return found


def step_as_dynamic(step: Any) -> Any:
    """A step of a preview, with the names of the dynamic form. What has another shape stays."""
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
    """A state, whose type is another than the step's where an alias names another."""
    token = state.get("type") or own
    names = ("inputs", "outputs", "propertyDependencies")
    found = {key: as_dynamic(token, state[key]) for key in names if key in state}
    return {**state, **found, **({"type": plain_type(token)} if "type" in state else {})}


def _path(token: str, path: str) -> str:
    first, rest = re.fullmatch(r"([^.\[]*)(.*)", path, re.DOTALL).groups()  # type: ignore[union-attr]
    return next(iter(as_dynamic(token, {first: None})), first) + rest
