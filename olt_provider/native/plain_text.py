"""A warning for credentials in plain text in the configuration of a stack in another language.

Programs in Python warn themselves. The engine sends the plugin all values decrypted, so it looks
them up in the stack's settings file, where a secret is encrypted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from olt_provider.setting_names import configured
from olt_provider.stored_settings import (
    SECRETS,
    in_plain_text,
    project_file,
    stored_settings,
    warning,
)

PYTHON: Final = "python"


def warnings(urn: str, declared: Mapping[str, Any]) -> list[str]:
    """Return a warning for each credential of a provider that the settings file shows.

    Nothing is read if the provider has no credentials, and a failure is no warning.

    :param urn: The provider's URN, which names the stack and the project.
    :param declared: The provider's arguments.
    """
    credentials = {key: list(_values(declared[key])) for key in SECRETS if key in declared}
    try:
        return list(_warnings(urn, credentials)) if credentials else []
    except Exception:  # noqa: BLE001 - files may be damaged in any way, and a run must not fail
        return []


def _warnings(urn: str, credentials: Mapping[str, list[str]]) -> Iterator[str]:
    stack, project = urn.removeprefix("urn:pulumi:").split("::")[:2]
    if not _may_show(stack, [each for values in credentials.values() for each in values]):
        return
    stored = stored_settings(project, stack)
    if stored.runtime == PYTHON:
        return
    for key, values in credentials.items():
        name = configured(key)
        for path, value in in_plain_text(name, stored.configuration.get(name)).items():
            if any(each in str(value) for each in values):
                yield warning(name, path, project=project, stack=stack)


def _may_show(stack: str, values: Iterable[str]) -> bool:
    """Whether a value may be in the settings file. Needs no YAML parser, which takes long."""
    file = project_file()
    if file is None:
        return False
    if "stackConfigDir" in file.read_text("utf-8"):
        return True
    text = file.with_name(f"Pulumi.{stack}{file.suffix}").read_text("utf-8")
    return any(each in text for each in values)


def _values(argument: Any) -> Iterator[str]:
    """The credentials in an argument, which may be a mapping, also as JSON."""
    found = argument
    if isinstance(argument, str) and argument.startswith("{"):
        with suppress(ValueError):
            found = json.loads(argument)
    for each in found.values() if isinstance(found, Mapping) else (argument,):
        if isinstance(each, str) and each:
            yield each
