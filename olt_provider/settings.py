"""Settings and credentials, from a stack's configuration and from the environment.

Settings are read key by key, the environment first. Credentials are one group from one place: if
any credential variable is set in the environment, all configured credentials are ignored, because
what the engine refreshes or destroys it does with the configuration stored in the state, which may
hold a dead token. An explicit ``Provider`` is another matter: see ``places``.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr

from olt_provider.api.client import OltClient
from olt_provider.api.credentials import CREDENTIALS, token_source
from olt_provider.api.errors import ConfigurationError
from olt_provider.api.hosts import DEFAULT_ENVIRONMENT, ENVIRONMENTS, Hosts, same_base_url
from olt_provider.api.identity import IdentityClient
from olt_provider.api.ids import canonical_id, segment
from olt_provider.api.transport import (
    DEFAULT_CONNECTIONS,
    DEFAULT_MAX_RETRIES,
    DEFAULT_REQUEST_TIMEOUT,
    Transport,
)
from olt_provider.setting_names import EXPLICIT, configured, variable
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
"""They are set together, or come from ``environment``."""
MAX_REQUEST_TIMEOUT: Final = 600.0
MAX_RETRIES: Final = 20
MAX_CONNECTIONS: Final = 256


@dataclass(frozen=True)
class Settings:
    """Everything that decides where and how the platform is called. Hashable, so it can be a key.

    Times are in seconds. ``credentials`` holds pairs of configuration key and secret value.
    """

    api_url: str
    identity_url: str
    tenant_id: str | None = None
    ca_bundle: str | None = None
    request_timeout: float = DEFAULT_REQUEST_TIMEOUT
    max_retries: int = DEFAULT_MAX_RETRIES
    max_connections: int = DEFAULT_CONNECTIONS
    credentials: tuple[tuple[str, SecretStr], ...] = field(default=(), repr=False)
    credentials_in_environment: bool = False
    explicit: bool = False
    """Whether they are those of an explicit ``Provider``, and not the stack's."""

    @classmethod
    def load(
        cls,
        config: Callable[[str], object],
        environ: Mapping[str, str],
        *,
        keys: Iterable[str] = (),
        connections: int = DEFAULT_CONNECTIONS,
    ) -> Settings:
        """Read all keys. ``config`` looks a key such as ``olt:apiUrl`` up in the stack.

        ``keys`` are all that the stack's configuration has, of any namespace. ``connections`` is
        the default of ``maxConnections``. Raises
        ``ConfigurationError`` naming the key that is wrong, or that is no setting.
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
            request_timeout=_number(
                "requestTimeout",
                values["requestTimeout"],
                DEFAULT_REQUEST_TIMEOUT,
                1,
                MAX_REQUEST_TIMEOUT,
            ),
            max_retries=_whole_number(
                "maxRetries", values["maxRetries"], DEFAULT_MAX_RETRIES, 0, MAX_RETRIES
            ),
            max_connections=_whole_number(
                "maxConnections", values["maxConnections"], connections, 1, MAX_CONNECTIONS
            ),
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
        """A client of the platform. ``notify`` is told of long waits; no call is made yet."""

        def transport(base_url: str) -> Transport:
            return Transport(
                base_url,
                request_timeout=self.request_timeout,
                max_retries=self.max_retries,
                connections=self.max_connections,
                ca_bundle=self.ca_bundle,
                user_agent=user_agent,
                notify=notify,
                sleep=sleep,
            )

        identity = transport(self.identity_url)
        return OltClient(
            transport(self.api_url),
            identity,
            token_source(
                dict(self.credentials),
                IdentityClient(identity),
                in_environment=self.credentials_in_environment,
            ),
        )


def require_known(keys: Iterable[str]) -> None:
    """Raise ``ConfigurationError`` for a key in the namespace ``olt:`` that is no setting.

    It would be ignored, and a misspelled ``olt:apiUrl`` would call production.
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
    environment = values["environment"] or DEFAULT_ENVIRONMENT
    if environment not in ENVIRONMENTS:
        raise ConfigurationError(
            f"{_named('environment')} is {environment!r}, but must be one of "
            f"{', '.join(ENVIRONMENTS)}"
        )
    hosts = ENVIRONMENTS[environment]
    urls = Hosts(
        _base_url("apiUrl", values["apiUrl"] or hosts.api_url),
        _base_url("identityUrl", values["identityUrl"] or hosts.identity_url),
    )
    _require_both_hosts(values)
    return urls


def _require_hosts_of_environment(hosts: Hosts, places: Places, lent: Credentials) -> None:
    """Credentials of the environment belong to the hosts that the environment names."""
    theirs = _hosts({key: places.environment(key) for key in (*HOSTS, "environment")})
    if all(map(same_base_url, hosts, theirs)):
        return
    names = " and ".join(map(variable, lent.values))
    raise ConfigurationError(
        f"the Provider calls {hosts.api_url}, but has no credentials, and {names} in the "
        f"environment is for {theirs.api_url}: give the Provider credentials of its own, or hand "
        "it a variable with env_var_mappings in its options"
    )


def _require_both_hosts(values: Mapping[str, str | None]) -> None:
    """One host of a platform beside one of another would get the credentials of the other."""
    given = [key for key in HOSTS if values[key]]
    if len(given) != 1:
        return
    (missing,) = set(HOSTS) - set(given)
    beside = f" and beside {_named('environment')}" if values["environment"] else ""
    raise ConfigurationError(
        f"{_named(given[0])} is set without {_named(missing)}{beside}: set both base URLs, or "
        f"{_named('environment')} and neither of them, because the credentials of one platform "
        "must not reach another"
    )


def _named(key: str) -> str:
    return f"olt:{key} (or {variable(key)})"


def _base_url(key: str, value: str) -> str:
    name = _named(key)
    if "@" in value:  # first, because every other message shows the value
        raise ConfigurationError(f"{name} must not hold a user name or a password")
    try:
        # what requests makes of it too, so that a host it cannot call is refused here
        url = urlsplit(requests.Request("GET", value).prepare().url or "")
        host, _ = url.hostname or "", url.port
        host.encode("idna")
    except ValueError:
        raise ConfigurationError(f"{name} is not a URL: {value!r}") from None
    odd = url.query or url.fragment or not value.isprintable() or " " in value
    if url.scheme not in {"https", "http"} or not host or odd:
        raise ConfigurationError(f"{name} must look like https://host/v1, but is {value!r}")
    if url.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            f"{name} is {value!r}, but plain http:// is only allowed to this machine: use https://"
        )
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tenant(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return segment(canonical_id(value), what="olt:tenantId")
    except ConfigurationError as error:
        raise ConfigurationError(
            f"{error}: set it (or {variable('tenantId')}) as the portal shows it"
        ) from None


def _number(key: str, value: str | None, default: float, least: float, most: float) -> float:
    if value is None:
        return float(default)
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise ConfigurationError(
            f"{_named(key)} must be a number from {least:g} to {most:g}, but is {value!r}"
        )
    return number


def _whole_number(key: str, value: str | None, default: int, least: int, most: int) -> int:
    number = _number(key, value, default, least, most)
    if not number.is_integer():
        raise ConfigurationError(f"{_named(key)} must be a whole number, but is {value!r}")
    return int(number)
