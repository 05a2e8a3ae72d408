"""The Pulumi program that takes applications over, as typed and formatted Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from olt_provider.api.applications import Application
from olt_provider.cli.adopt.declared import declared
from olt_provider.cli.adopt.discovery import Found
from olt_provider.cli.adopt.names import Unique, identifier, slug
from olt_provider.cli.terminal import COMMAND_ANYWHERE, one_line

LINE_LENGTH: Final = 100
HEAD: Final = '''"""Applications of the OLT platform that were taken over as they are.

Before the first `pulumi up`, tell the client secrets that you know, each under the name that its
application asks for below:

    pulumi config set --secret NAME-client-secret

An application whose secret is not told gets a new one, and the old one ends at once. After the
first `pulumi up`, `adopt=` may be removed.
"""

from __future__ import annotations

import pulumi

from olt_provider import AdoptArgs, OltApplication{installation}

config = pulumi.Config()
'''


def secret_key(resource: str) -> str:
    """The name in the stack's configuration of the client secret of a resource."""
    return f"{resource}-client-secret"


def resources(found: Sequence[Found]) -> list[str]:
    """A resource name for each."""
    unique = Unique(slug, "-")
    return [unique(each.application.name) for each in found]


def program(found: Sequence[Found]) -> str:
    """The whole file. Holds no secret: they come from the stack's configuration."""
    import black

    installs = any(each.installed for each in found)
    parts = [HEAD.format(installation=", OltInstallation" if installs else "")]
    variable = Unique(identifier, "_")
    for each, resource in zip(found, resources(found), strict=True):
        parts.append(_declaration(each, variable(each.application.name), resource))
    return black.format_str("\n".join(parts), mode=black.Mode(line_length=LINE_LENGTH))


def _declaration(found: Found, variable: str, resource: str) -> str:
    """One application and where it is installed. An unused name would be a warning of linters."""
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
    """``value`` as a Python literal of printable text, which starts no command of a pipeline."""
    # `##` before a bracket can only stand inside a string
    return COMMAND_ANYWHERE.sub(r"\\x23#", repr(value))
