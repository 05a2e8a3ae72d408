"""A warning for credentials in plain text in a stack's configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import pulumi

from olt_provider.printable import one_line
from olt_provider.setting_names import configured
from olt_provider.stored_settings import SECRETS, in_plain_text, stored_settings, warning


def warn_of_plain_text() -> None:
    """Warn, once per program run, of each credential in plain text, with the command to run.

    The provider process receives all values decrypted.
    """
    _warn(pulumi.get_project(), pulumi.get_stack())


@cache
def _warn(project: str, stack: str) -> None:
    stored = stored_settings(project, stack).configuration
    for key in SECRETS:
        name = configured(key)
        for path in _in_plain_text(name, stored.get(name)):
            pulumi.log.warn(one_line(warning(name, path, project=project, stack=stack)))


def _in_plain_text(name: str, stored: object) -> Iterable[str]:
    """Return the paths of a key's values that are not secrets.

    The engine marks a whole key as secret if one of its values is, so the values of a key that was
    set with ``--path`` are looked up in the stack's settings file.
    """
    if isinstance(stored, Mapping) and "secure" not in stored:
        return in_plain_text(name, stored)
    namespace, _, short = name.partition(":")
    plain = pulumi.Config(namespace).get(short) is not None
    return [name] if plain and not pulumi.runtime.is_config_secret(name) else []
