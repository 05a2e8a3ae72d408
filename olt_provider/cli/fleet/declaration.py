"""``fleet.yaml``: an owner, its applications, and groups of tenants."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class FleetError(Exception):
    """The fleet's file or folder is unusable. The message is one line."""


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
        repeated = sorted({each for each in members if members.count(each) > 1})
        if repeated:
            raise FleetError(f"{file}: tenant {repeated[0]} is in more than one group")
        return found

    def only(self, applications: Iterable[str], members: Mapping[str, str]) -> Declaration:
        """The part that exists already; ``members`` is tenant -> group."""
        known = set(applications)
        return Declaration(
            self.owner,
            {name: each for name, each in self.applications.items() if name in known},
            {
                group: [each for each in tenants if members.get(each) == group]
                for group, tenants in self.groups.items()
            },
        )

    def write(self, file: Path) -> None:
        """Write the file that the programs of the stacks read."""
        content = {"owner": self.owner, "applications": self.applications, "groups": self.groups}
        file.write_text(yaml.safe_dump(json.loads(json.dumps(content))), "utf-8")

    def installations(self) -> int:
        """How many installations it declares."""
        return len(self.applications) * sum(map(len, self.groups.values()))

    def digest(self, group: str, ids: Mapping[str, str]) -> str:
        """Identifies the state of a group: its tenants, and the applications with their IDs."""
        applications = sorted((name, ids.get(name)) for name in self.applications)
        content = [sorted(self.groups[group]), applications]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


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
