"""A warning for credentials that lie in a stack's configuration in plain text."""

from __future__ import annotations

from functools import cache
from typing import Final

import pulumi

from olt_provider.api.keys import configured

SECRETS: Final = ("apiToken", "tenantTokens", "clientSecret", "refreshToken")


def warn_of_plain_text() -> None:
    """Warn, once per program run, with the command that mends it.

    Only a program knows what was set as a secret: the host gets everything decrypted.
    """
    _warn(pulumi.get_project(), pulumi.get_stack())


@cache
def _warn(project: str, stack: str) -> None:
    for key in SECRETS:
        name = configured(key)
        namespace, _, short = name.partition(":")
        plain = pulumi.Config(namespace).get(short) is not None
        if plain and not pulumi.runtime.is_config_secret(name):
            pulumi.log.warn(
                f"{name} of stack {project}/{stack} is in its configuration in plain text: run "
                f"`pulumi config set --secret {name}`, and get a new one, because the old one is "
                "in the history of whatever keeps the file"
            )
