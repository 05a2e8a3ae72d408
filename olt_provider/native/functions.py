"""The plugin's functions, such as ``getApplication``: look-ups with the plugin's credentials."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from olt_provider._version import __version__
from olt_provider.api.errors import ConfigurationError
from olt_provider.lifecycle import lookups
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.values import InvalidError, uuid
from olt_provider.native.names import camel

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Function:
    """A function: its look-up, and its arguments, in snake_case."""

    call: Callable[[ProviderContext, Arguments], dict[str, Any]]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ("tenant_id",)


def _get_application(context: ProviderContext, given: Arguments) -> dict[str, Any]:
    found = lookups.get_application(context, given["application_id"], given.get("tenant_id"))
    return asdict(found)


def _list_applications(context: ProviderContext, given: Arguments) -> dict[str, Any]:
    found = lookups.list_applications(context, given.get("tenant_id"))
    return {"applications": [_on_wire(asdict(each)) for each in found]}


def _find_applications(context: ProviderContext, given: Arguments) -> dict[str, Any]:
    found = lookups.find_applications(context, given["name"], given.get("tenant_id"))
    return {"applications": [_on_wire(asdict(each)) for each in found]}


def _get_installation(context: ProviderContext, given: Arguments) -> dict[str, Any]:
    found = lookups.get_installation(context, given["application_id"], given.get("tenant_id"))
    return asdict(found)


def _on_wire(found: Mapping[str, Any]) -> dict[str, Any]:
    return {camel(key): value for key, value in found.items()}


FUNCTIONS: Final[Mapping[str, Function]] = {
    "olt:index:getApplication": Function(_get_application, ("application_id",)),
    "olt:index:listApplications": Function(_list_applications, ()),
    "olt:index:findApplications": Function(_find_applications, ("name",)),
    "olt:index:getInstallation": Function(_get_installation, ("application_id",)),
}


def invoke(context: ProviderContext, token: str, given: Arguments) -> dict[str, Any]:
    """Call a function. Raises ``OltError``."""
    if token not in FUNCTIONS:
        raise ConfigurationError(f"the olt plugin {__version__} has no function {token}")
    function = FUNCTIONS[token]
    _require_arguments(token, function, given)
    return function.call(context, given)


def _require_arguments(token: str, function: Function, given: Arguments) -> None:
    known = {*function.required, *function.optional}
    for name in sorted(given.keys() - known):
        close = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
        raise ConfigurationError(f"{token}: {camel(name)} is not an argument: use {camel(close)}")
    for name in function.required:
        if given.get(name) is None:
            raise ConfigurationError(f"{token}: {camel(name)} is missing")
    for name, value in given.items():
        try:
            uuid(value) if name.endswith("_id") else _text(value)
        except InvalidError as error:
            raise ConfigurationError(f"{token}: {camel(name)}: {error}") from None


def _text(value: Any) -> None:
    if not isinstance(value, str):
        raise InvalidError(f"must be text, but is a {type(value).__name__}")
