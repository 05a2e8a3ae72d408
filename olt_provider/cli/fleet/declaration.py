"""``fleet.yaml``: an owner, its applications, and groups of tenants."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROTATIONS: Final = frozenset({"rotate_secret_after_days", "rotate_secret_when_changed"})
"""Inputs that rotate in place, which a pair cannot have: its generation rotates one of the two."""


class FleetError(Exception):
    """The file or folder of the fleet is invalid. The message is one line."""


@dataclass(frozen=True)
class Declaration:
    """The content of ``fleet.yaml``."""

    owner: str
    applications: Mapping[str, Any]
    groups: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, file: Path) -> Declaration:
        """Raises ``FleetError`` that names what is wrong with the file."""
        try:
            content = yaml.safe_load(file.read_text("utf-8"))
            found = cls(content["owner"], dict(content["applications"]), dict(content["groups"]))
            members = [tenant for group in found.groups.values() for tenant in group]
        except OSError as error:
            raise FleetError(f"{file} cannot be read: {error.strerror}") from None
        except (yaml.YAMLError, KeyError, TypeError, ValueError):
            raise FleetError(
                f"{file} must have owner, applications and groups of tenants"
            ) from None
        for name, application in found.applications.items():
            _check_adoption(file, name, application)
            _check_generation(file, name, application)
            if len(names_of(name, application)) > 1 and second_of(name) in found.applications:
                raise FleetError(f"{file}: {second_of(name)} is the second of the pair {name}")
        repeated = sorted({each for each in members if members.count(each) > 1})
        if repeated:
            raise FleetError(f"{file}: tenant {repeated[0]} is in more than one group")
        return found

    def only(self, applications: Iterable[str], members: Mapping[str, str]) -> Declaration:
        """Return the part that exists already; ``members`` is tenant -> group."""
        known = set(applications)
        existing = {name: each for name, each in self.applications.items() if name in known}
        return Declaration(
            self.owner,
            {
                name: each if known.issuperset(names_of(name, each)) else _alone(each)
                for name, each in existing.items()
            },
            {
                group: [each for each in tenants if members.get(each) == group]
                for group, tenants in self.groups.items()
            },
        )

    def write(self, file: Path) -> None:
        """Write the file that the programs of the stacks read."""
        content = {"owner": self.owner, "applications": self.applications, "groups": self.groups}
        file.write_text(yaml.safe_dump(json.loads(json.dumps(content))), "utf-8")

    def names(self) -> list[str]:
        """Return the applications that each tenant installs: two for a pair."""
        return [name for key, each in self.applications.items() for name in names_of(key, each)]

    def generations(self) -> dict[str, int]:
        """Return the generation of each pair."""
        return {
            name: each["generation"]
            for name, each in self.applications.items()
            if len(names_of(name, each)) > 1
        }

    def require_pairs_kept(self, ids: Mapping[str, str], pairs: Iterable[str]) -> None:
        """Raise ``FleetError`` if an application would be replaced to make or end a pair.

        ``ids`` is the application ID by name, and ``pairs`` the names of the existing pairs.
        """
        paired = set(pairs)
        for name, each in self.applications.items():
            if name not in ids:
                continue
            if name in paired and name not in self.generations():
                raise FleetError(f"{name} is a pair: its generation cannot be removed")
            if name not in paired and name in self.generations() and "adopt" not in each:
                raise FleetError(
                    f"{name} exists and is no pair: to make it the first of one, give it adopt "
                    f"with application_id: {ids[name]}, and its client secret in the configuration"
                )

    def installations(self) -> int:
        """Count the installations that it declares."""
        return len(self.names()) * sum(map(len, self.groups.values()))

    def digest(self, group: str, ids: Mapping[str, str]) -> str:
        """Return a digest of a group: its tenants, and the applications with their IDs."""
        applications = sorted((name, ids.get(name)) for name in self.names())
        content = [sorted(self.groups[group]), applications]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def second_of(name: str) -> str:
    """The name of the second application of a pair; the first has the name of the pair."""
    return f"{name}-b"


def names_of(name: str, application: Any) -> list[str]:
    """Return the names of the declared applications: one, or the two of a pair."""
    paired = isinstance(application, Mapping) and "generation" in application
    return [name, second_of(name)] if paired else [name]


def _alone(application: Mapping[str, Any]) -> dict[str, Any]:
    """Return the declaration of a pair whose second application does not exist yet."""
    return {key: value for key, value in application.items() if key != "generation"}


def _check_generation(file: Path, name: str, application: Any) -> None:
    if len(names_of(name, application)) == 1:
        return
    generation = application["generation"]
    if not isinstance(generation, int) or isinstance(generation, bool) or generation < 1:
        raise FleetError(f"{file}: generation of {name} must be a number from 1")
    for other in ROTATIONS & application.keys():
        raise FleetError(f"{file}: {name} rotates by its generation only: remove its {other}")


def _check_adoption(file: Path, name: str, application: Any) -> None:
    adopt = application.get("adopt") if isinstance(application, Mapping) else None
    if adopt is None:
        return
    if not isinstance(adopt, Mapping) or not isinstance(adopt.get("application_id"), str):
        raise FleetError(f"{file}: adopt of {name} must have an application_id")
    if adopt.keys() - {"application_id"}:
        raise FleetError(
            f"{file}: adopt of {name} has an application_id only; set its client secret by "
            f"`pulumi config set --secret --path clientSecrets.{name}` in applications/"
        )
