"""The configuration of the plugin, from the arguments of its provider resource."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct

from olt_provider._version import __version__
from olt_provider.api.errors import ConfigurationError
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.run_record import RunRecord
from olt_provider.native import wire
from olt_provider.native.engine import Engine
from olt_provider.native.names import resource_name
from olt_provider.native.reporting import wording
from olt_provider.provider_process import forced_deletions
from olt_provider.setting_names import EXPLICIT, configured
from olt_provider.setting_places import explicit
from olt_provider.settings import Settings

SECRETS: Final = frozenset({"apiToken", "tenantTokens", "clientSecret", "refreshToken"})
CONNECTIONS: Final = 32
"""Default of ``olt:maxConnections``, because the plugin has more threads than the dynamic host."""
ENGINE_KEYS: Final = frozenset({"version", "pluginDownloadURL", "__internal"})
"""Provider arguments that the engine itself reads."""
_DEFAULT_NAME: Final = re.compile(r"default(_|$)")


def is_explicit(urn: str) -> bool:
    """Whether the program declares a provider. The engine's own is called ``default...``."""
    return bool(urn) and _DEFAULT_NAME.match(resource_name(urn)) is None


def arguments(struct: Struct) -> dict[str, Any]:
    """Return the arguments of a provider as plain values, by their camelCase keys."""
    plain = {key: wire.plain(value) for key, value in struct.fields.items()}
    return {
        key: value for key, value in plain.items() if value is not None and key not in ENGINE_KEYS
    }


def version_warning(struct: Struct) -> str | None:
    """Return the warning if SDK and plugin differ in version; the engine sends the SDK's."""
    wanted = wire.plain(struct.fields["version"]) if "version" in struct.fields else None
    if wanted in (None, "", __version__):
        return None
    return (
        f"the program's SDK is of version {wanted}, but the plugin is of version {__version__}: "
        "install the same version of both"
    )


def with_secrets(struct: Struct) -> Struct:
    """Return the arguments with every credential marked as a secret."""
    fields = {
        key: wire.secret(value) if key in SECRETS else value for key, value in struct.fields.items()
    }
    return Struct(fields=fields)


def settings_of(declared: Mapping[str, Any], *, explicit_provider: bool) -> Settings:
    """Return the settings. Raises ``ConfigurationError``, which names the invalid key."""
    config = {configured(key): _text(value) for key, value in declared.items()}
    if explicit_provider:
        config.setdefault(configured(EXPLICIT), explicit(None))
    return Settings.load(config.get, os.environ, keys=config, connections=CONNECTIONS)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return json.dumps(value)
    return str(value)


def context_of(
    declared: Mapping[str, Any], *, explicit_provider: bool, engine: Engine, run: RunRecord
) -> ProviderContext:
    """Return the context that all operations of this plugin share.

    Invalid settings are raised where they are needed, because an unchanged stack needs none.
    """
    settings: Settings | ConfigurationError
    try:
        settings = settings_of(declared, explicit_provider=explicit_provider)
        forced = forced_deletions(os.environ)
    except ConfigurationError as error:
        settings, forced = error, frozenset()
    return ProviderContext(
        settings,
        warn=lambda text: engine.warn(wording.of(text)),
        user_agent=f"pulumi-native/{version('pulumi')}",
        check_cancelled=engine.check_cancelled,
        run=run,
        forced=forced,
    )
