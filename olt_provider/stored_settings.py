"""Read a stack's settings file, and list the credentials that it holds in plain text.

Shared by programs and by the plugin, so it imports nothing of Pulumi's SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

SECRETS: Final = ("apiToken", "tenantTokens", "clientSecret", "refreshToken")
PROJECTS: Final = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


class StoredSettings(NamedTuple):
    """The configuration in a stack's settings file, and the project's language."""

    configuration: Mapping[str, object]
    runtime: str


NOTHING: Final = StoredSettings({}, "")


def project_file() -> Path | None:
    """Return the project file of the working directory or of the nearest parent that has one."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        for name in PROJECTS:
            if (folder / name).is_file():
                return folder / name
    return None


def stored_settings(project: str, stack: str) -> StoredSettings:
    """Return the settings; nothing if the files cannot be read or are of another project."""
    import yaml

    file = project_file()
    if file is None:
        return NOTHING
    try:
        declared = yaml.safe_load(file.read_text("utf-8"))
        if declared["name"] != project:  # an inline program may run in another project's folder
            return NOTHING
        folder = file.parent / (declared.get("stackConfigDir") or "")
        settings = folder / f"Pulumi.{stack}{file.suffix}"
        found = yaml.safe_load(settings.read_text("utf-8"))["config"]
        runtime = declared.get("runtime")
    except (OSError, ValueError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return NOTHING
    if not isinstance(found, Mapping):
        return NOTHING
    return StoredSettings(found, str(runtime["name"] if isinstance(runtime, Mapping) else runtime))


def in_plain_text(name: str, stored: object) -> dict[str, object]:
    """Return the values that are not secrets of a key, by their paths."""
    if stored is None or (isinstance(stored, Mapping) and "secure" in stored):
        return {}
    if not isinstance(stored, Mapping):
        return {name: stored}
    return {
        f"{name}.{each}": value
        for each, value in stored.items()
        if not (isinstance(value, Mapping) and "secure" in value)
    }


def warning(name: str, path: str, *, project: str, stack: str) -> str:
    """Return the warning for a value in plain text, with the command that encrypts it."""
    option = "--secret" if path == name else "--secret --path"
    return (
        f"{path} of stack {project}/{stack} is in its configuration in plain text: run "
        f"`pulumi config set {option} {path}`, and get a new one, because the old one is "
        "in the version history of the file"
    )
