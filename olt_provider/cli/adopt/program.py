"""What ``olt adopt`` writes: a formatted Pulumi program, or a file for ``pulumi import``."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Callable, Container, Sequence
from typing import Any, Final

from olt_provider.api.applications import Application
from olt_provider.cli.adopt.discovery import Found, declared
from olt_provider.cli.terminal import to_json
from olt_provider.native.names import APPLICATION, INSTALLATION
from olt_provider.printable import COMMAND_ANYWHERE, one_line

LINE_LENGTH: Final = 100
RESERVED: Final = frozenset({"annotations", "config", "pulumi", "tenant_id", *dir(builtins)})
"""Names that the generated program, or Python, uses."""
HEAD: Final = '''"""Applications of the OLT platform, adopted with their current settings.

Before the first `pulumi up`, set the client secrets that you have, each under the key that its
application reads below:

    pulumi config set --secret NAME-client-secret

The secret of an application without one is rotated, and its current secret stops working at once.
After the first `pulumi up`, `adopt=` may be removed.
"""

from __future__ import annotations

import pulumi

from olt_provider import AdoptArgs, OltApplication{installation}

config = pulumi.Config()
'''


def secret_key(resource: str) -> str:
    """The configuration key of the client secret of a resource."""
    return f"{resource}-client-secret"


def resources(found: Sequence[Found]) -> list[str]:
    """Return a resource name for each application."""
    unique = Unique(slug, "-")
    return [unique(each.application.name) for each in found]


def program(found: Sequence[Found]) -> str:
    """Return the source of the program. It contains no secret: the stack's configuration does."""
    import black

    installs = any(each.installed for each in found)
    parts = [HEAD.format(installation=", OltInstallation" if installs else "")]
    variable = Unique(identifier, "_")
    for each, resource in zip(found, resources(found), strict=True):
        parts.append(_declaration(each, variable(each.application.name), resource))
    return black.format_str("\n".join(parts), mode=black.Mode(line_length=LINE_LENGTH))


def import_file(found: Sequence[Found]) -> str:
    """Return the file for ``pulumi import --file``, with the resource names of ``program``."""
    entries = []
    for each, resource in zip(found, resources(found), strict=True):
        id_, owner = each.application.id, each.application.tenant_id
        entries.append({"type": APPLICATION, "name": resource, "id": f"{owner}/{id_}"})
        for tenant in each.installed:
            name = f"{resource}-{tenant}"
            entries.append({"type": INSTALLATION, "name": name, "id": f"{tenant}/{id_}"})
    return to_json({"resources": entries}, indent=2) + "\n"


def _declaration(found: Found, variable: str, resource: str) -> str:
    """Return the source for one application. Linters would report a variable that is not used."""
    application = found.application
    arguments = ", ".join(f"{key}={value}" for key, value in _arguments(application, resource))
    made = f"OltApplication({literal(resource)}, {arguments},)"
    if not found.installed:
        return "\n".join([made, *_notes(found)])
    tenants = ", ".join(literal(each) for each in found.installed)
    of_each = f'f"{resource}-{{tenant_id}}", application_id={variable}.id, tenant_id=tenant_id'
    lines = [f"for tenant_id in ({tenants},):", f"    OltInstallation({of_each})"]
    return "\n".join([f"{variable} = {made}", *lines, *_notes(found)])


def _notes(found: Found) -> list[str]:
    return [
        f"# {one_line(f'Also installed in {tenant}: {why}.')}" for tenant, why in found.left.items()
    ]


def _arguments(application: Application, resource: str) -> list[tuple[str, str]]:
    adopt = (
        f"AdoptArgs({literal(application.id)}, config.get_secret({literal(secret_key(resource))}))"
    )
    arguments = declared(application).items()
    return [*((key, literal(value)) for key, value in arguments), ("adopt", adopt)]


def literal(value: Any) -> str:
    """Return a Python literal of printable text, which starts no command of a pipeline."""
    # `##` before a bracket occurs only inside a string
    return COMMAND_ANYWHERE.sub(r"\\x23#", repr(value))


def slug(text: str) -> str:
    """Return lower-case letters and digits with hyphens between them; never empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "application"


def identifier(text: str) -> str:
    """Return a valid name of a Python variable."""
    name = slug(text).replace("-", "_")
    if name[0].isdigit():
        name = f"app_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


class Unique:
    """Returns each name once: the second ``reporting`` is ``reporting-2``."""

    def __init__(self, make: Callable[[str], str], joined_by: str) -> None:
        self._make = make
        self._joined_by = joined_by
        self._given: set[str] = set()

    def __call__(self, text: str) -> str:
        name = _free(self._make(text), self._joined_by, self._given)
        self._given.add(name)
        return name


def _free(name: str, joined_by: str, given: Container[str]) -> str:
    candidate, number = name, 1
    while candidate in given:
        number += 1
        candidate = f"{name}{joined_by}{number}"
    return candidate
