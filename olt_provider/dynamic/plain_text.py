"""A warning for credentials in plain text in a stack's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pulumi

from olt_provider.setting_names import configured

SECRETS: Final = ("apiToken", "tenantTokens", "clientSecret", "refreshToken")
PROJECTS: Final = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


def warn_of_plain_text() -> None:
    """Warn, once per program run, of each credential in plain text, with the command to run.

    Only a program can detect it: the provider process receives all values decrypted.
    """
    _warn(pulumi.get_project(), pulumi.get_stack())


@cache
def _warn(project: str, stack: str) -> None:
    stored = _stored(project, stack)
    for key in SECRETS:
        name = configured(key)
        for path in _in_plain_text(name, stored.get(name)):
            option = "--secret" if path == name else "--secret --path"
            pulumi.log.warn(
                f"{path} of stack {project}/{stack} is in its configuration in plain text: run "
                f"`pulumi config set {option} {path}`, and get a new one, because the old one is "
                "in the version history of the file"
            )


def _in_plain_text(name: str, stored: object) -> list[str]:
    """Return the paths of a key's values that are not secrets.

    The engine marks a whole key as secret if one of its values is, so the values of a key that was
    set with ``--path`` are looked up in the stack's settings file.
    """
    if isinstance(stored, Mapping) and "secure" not in stored:
        return [
            f"{name}.{each}"
            for each, value in stored.items()
            if not (isinstance(value, Mapping) and "secure" in value)
        ]
    namespace, _, short = name.partition(":")
    plain = pulumi.Config(namespace).get(short) is not None
    return [name] if plain and not pulumi.runtime.is_config_secret(name) else []


def _stored(project: str, stack: str) -> Mapping[str, object]:
    """Return the configuration in the stack's settings file; empty if it cannot be read."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        for file in (folder / name for name in PROJECTS):
            if file.is_file():
                return _configuration(file, project, stack)
    return {}


def _configuration(file: Path, project: str, stack: str) -> Mapping[str, object]:
    import yaml

    try:
        declared = yaml.safe_load(file.read_text("utf-8"))
        if declared["name"] != project:  # an inline program may run in another project's folder
            return {}
        folder = file.parent / (declared.get("stackConfigDir") or "")
        settings = folder / f"Pulumi.{stack}{file.suffix}"
        found = yaml.safe_load(settings.read_text("utf-8"))["config"]
    except (OSError, ValueError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return {}
    return found if isinstance(found, Mapping) else {}
