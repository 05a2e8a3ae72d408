"""Load settings and credentials from a stack's configuration and from the environment.

Settings are read key by key, the environment first. Credentials are one group from one place: if
any credential variable is set in the environment, all configured credentials are ignored, because
the engine refreshes and destroys with the configuration stored in the state, which may hold an
expired token. The rules for an explicit ``Provider`` are in ``setting_places``.
"""

from __future__ import annotations

import difflib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import SecretStr

from olt_provider.api.client import OltClient
from olt_provider.api.errors import ConfigurationError
from olt_provider.api.hosts import Hosts, same_base_url
from olt_provider.api.ids import canonical_id, segment
from olt_provider.api.options import (
    DEFAULT_MAX_CONNECTIONS,
    DEFAULT_MAX_RETRIES,
    DEFAULT_REQUEST_TIMEOUT,
    check_hosts,
    check_max_connections,
    check_max_retries,
    check_request_timeout,
)
from olt_provider.setting_names import (
    EXPLICIT,
    configured,
    key_of,
    parameter,
    setting,
    variable,
)
from olt_provider.setting_places import Credentials, Places

SETTINGS: Final = (
    "apiUrl",
    "identityUrl",
    "environment",
    "tenantId",
    "caBundle",
    "requestTimeout",
    "maxRetries",
    "maxConnections",
)
HOSTS: Final = ("apiUrl", "identityUrl")
"""Both are set together, or ``environment`` selects them."""
CREDENTIALS: Final = ("apiToken", "tenantTokens", "clientId", "clientSecret", "refreshToken")


@dataclass(frozen=True)
class Settings:
    """The settings of one provider. Hashable, so they can be a key.

    Times are in seconds. ``credentials`` holds pairs of configuration key and secret value.
    """

    api_url: str
    identity_url: str
    tenant_id: str | None = None
    ca_bundle: str | None = None
    request_timeout: float = DEFAULT_REQUEST_TIMEOUT
    max_retries: int = DEFAULT_MAX_RETRIES
    max_connections: int = DEFAULT_MAX_CONNECTIONS
    credentials: tuple[tuple[str, SecretStr], ...] = field(default=(), repr=False)
    credentials_in_environment: bool = False
    explicit: bool = False
    """Whether they belong to an explicit ``Provider``."""

    @classmethod
    def load(
        cls,
        config: Callable[[str], object],
        environ: Mapping[str, str],
        *,
        keys: Iterable[str] = (),
        connections: int = DEFAULT_MAX_CONNECTIONS,
    ) -> Settings:
        """Read all settings. ``config`` returns the value of a key such as ``olt:apiUrl``.

        ``keys`` are all keys of the stack's configuration, of any namespace. ``connections`` is the
        default of ``maxConnections``. Raises ``ConfigurationError``, which names the key that is
        invalid or unknown.
        """
        require_known(keys)
        places = Places.of(config, environ)
        values = places.settings(SETTINGS)
        hosts = _hosts(places.hosts((*HOSTS, "environment")))
        credentials = places.credentials(CREDENTIALS)
        if credentials.lent:
            _require_hosts_of_environment(hosts, places, credentials)
        return cls(
            **hosts._asdict(),
            tenant_id=_tenant(values["tenantId"]),
            ca_bundle=values["caBundle"],
            request_timeout=check_request_timeout(
                values["requestTimeout"] or DEFAULT_REQUEST_TIMEOUT, setting
            ),
            max_retries=check_max_retries(values["maxRetries"] or DEFAULT_MAX_RETRIES, setting),
            max_connections=check_max_connections(values["maxConnections"] or connections, setting),
            credentials=tuple((key, SecretStr(value)) for key, value in credentials.values.items()),
            credentials_in_environment=credentials.in_environment,
            explicit=places.explicit,
        )

    def client(
        self,
        *,
        user_agent: str = "",
        notify: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> OltClient:
        """Return a client with these settings. ``notify`` receives reports of long waits.

        Makes no API calls.
        """
        if not self.credentials:
            raise ConfigurationError(
                f"no credentials: set the environment variable {variable('apiToken')}, or run "
                f"`pulumi config set --secret {configured('apiToken')}`; the API token is in the "
                "Developer Area of the OLT portal",
                field="api_token",
            )
        held = {parameter(key): value.get_secret_value() for key, value in self.credentials}
        tokens = held.pop("tenant_tokens", None)
        return OltClient(
            **held,
            tenant_tokens=None if tokens is None else self._by_tenant(tokens),
            api_url=self.api_url,
            identity_url=self.identity_url,
            ca_bundle=self.ca_bundle,
            request_timeout=self.request_timeout,
            max_retries=self.max_retries,
            max_connections=self.max_connections,
            user_agent=user_agent,
            notify=notify,
            sleep=sleep,
            naming=self.naming,
        )

    def naming(self, field: str) -> str:
        """Return the name of a client parameter in errors: that of the setting it comes from."""
        key = key_of(field)
        if key not in CREDENTIALS:
            return setting(field)
        return variable(key) if self.credentials_in_environment else configured(key)

    def _by_tenant(self, value: str) -> dict[str, str]:
        shape = (
            f"{self.naming('tenant_tokens')} must be a JSON object of tenant ID -> token, such as "
            '{"<tenant>": "<token>"}'
        )
        try:
            tokens = json.loads(value)
        except (ValueError, RecursionError):
            raise ConfigurationError(f"{shape}, but is not JSON", field="tenant_tokens") from None
        if not isinstance(tokens, dict) or not tokens:
            raise ConfigurationError(f"{shape}, but is not such an object", field="tenant_tokens")
        return tokens


def require_known(keys: Iterable[str]) -> None:
    """Raise ``ConfigurationError`` for an unknown key in the namespace ``olt:``.

    It would be ignored, and with a misspelled ``olt:apiUrl`` production would be called.
    """
    prefix = configured("")
    known = {key.lower(): configured(key) for key in (*SETTINGS, *CREDENTIALS)}
    allowed = {*known.values(), configured(EXPLICIT)}
    found = sorted(key for key in keys if key.startswith(prefix))
    problems = [_problem(key, known) for key in found if key not in allowed]
    if problems:
        raise ConfigurationError(
            f"{'; '.join(problems)}. Remove it with `pulumi config rm`; a key of your own needs "
            "another namespace"
        )


def _problem(key: str, known: Mapping[str, str]) -> str:
    wanted = key.partition(":")[2].lower().replace("_", "").replace("-", "")
    close = difflib.get_close_matches(wanted, known, n=1)
    if close:
        return f"{key} is not a setting: use {known[close[0]]}"
    return f"{key} is not a setting; the settings are {', '.join(sorted(known.values()))}"


def _hosts(values: Mapping[str, str | None]) -> Hosts:
    return check_hosts(
        environment=values["environment"],
        api_url=values["apiUrl"],
        identity_url=values["identityUrl"],
        naming=setting,
    )


def _require_hosts_of_environment(hosts: Hosts, places: Places, lent: Credentials) -> None:
    """Require that credentials of the environment are only sent to hosts of the environment."""
    theirs = _hosts({key: places.environment(key) for key in (*HOSTS, "environment")})
    if all(map(same_base_url, hosts, theirs)):
        return
    names = " and ".join(map(variable, lent.values))
    raise ConfigurationError(
        f"the Provider calls {hosts.api_url}, but has no credentials, and {names} in the "
        f"environment is for {theirs.api_url}: give the Provider credentials of its own, or pass "
        "it a variable with env_var_mappings in its options"
    )


def _tenant(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return segment(canonical_id(value), what="olt:tenantId")
    except ConfigurationError as error:
        raise ConfigurationError(
            f"{error}: set it (or {variable('tenantId')}) as the portal shows it"
        ) from None
