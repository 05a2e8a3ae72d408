from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from olt_provider.api.client import OltClient
from olt_provider.api.errors import ConfigurationError
from olt_provider.setting_names import variable
from olt_provider.settings import CREDENTIALS, HOSTS, SETTINGS, Settings
from tests.api.conftest import _no_proxy_and_no_certificates_from_outside, server
from tests.api.samples import OTHER_TENANT, TENANT, make_token
from tests.api.scripted_server import ScriptedServer, error_response

__all__ = ["_no_proxy_and_no_certificates_from_outside", "server"]

LOOPBACK = "http://127.0.0.1:8080/v1"
EMPTY: dict[str, object] = {}


def load(
    config: dict[str, object] | None = None, environ: dict[str, str] | None = None
) -> Settings:
    """``config`` by key without the namespace, ``environ`` by key too.

    Where only one base URL is given, the other is this machine: they are set together.
    """
    config = dict(config or {})
    if len({*config, *(environ or {})} & set(HOSTS)) == 1:
        for key in set(HOSTS) - {*config, *(environ or {})}:
            config[key] = LOOPBACK
    return load_exactly(config, environ)


def load_exactly(
    config: dict[str, object] | None = None, environ: dict[str, str] | None = None
) -> Settings:
    """Only what is given."""
    stack = {f"olt:{key}": value for key, value in (config or {}).items()}
    return Settings.load(
        stack.get, {variable(key): value for key, value in (environ or {}).items()}
    )


def client(settings: Settings) -> OltClient:
    return settings.client(notify=print)


# The source of a value

VALUES: dict[str, tuple[str, str, Any, str, Any]] = {
    "apiUrl": ("api_url", "https://a.example/v1", "https://a.example/v1", LOOPBACK, LOOPBACK),
    "identityUrl": ("identity_url", LOOPBACK, LOOPBACK, "https://b.example", "https://b.example"),
    "tenantId": ("tenant_id", TENANT.upper(), TENANT, OTHER_TENANT, OTHER_TENANT),
    "caBundle": ("ca_bundle", "/a.pem", "/a.pem", "/b.pem", "/b.pem"),
    "requestTimeout": ("request_timeout", "12.5", 12.5, "600", 600.0),
    "maxRetries": ("max_retries", "0", 0, "20", 20),
    "maxConnections": ("max_connections", "1", 1, "256", 256),
}
each_value = pytest.mark.parametrize("key", list(VALUES))


def test_every_setting_is_tried() -> None:
    assert {*VALUES, "environment"} == set(SETTINGS)


@each_value
def test_a_setting_is_read_from_the_configuration(key: str) -> None:
    name, text, value, _, _ = VALUES[key]
    assert getattr(load({key: text}), name) == value


@each_value
def test_a_setting_is_read_from_the_environment(key: str) -> None:
    name, text, value, _, _ = VALUES[key]
    assert getattr(load(environ={key: text}), name) == value


@each_value
def test_the_environment_comes_first(key: str) -> None:
    name, text, _, other, value = VALUES[key]
    assert getattr(load({key: text}, {key: other}), name) == value


@each_value
@pytest.mark.parametrize("blank", ["", "  "])
def test_an_empty_variable_is_not_set(key: str, blank: str) -> None:
    name, text, value, _, _ = VALUES[key]
    assert getattr(load({key: text}, {key: blank}), name) == value


@each_value
def test_an_empty_configuration_is_the_default(key: str) -> None:
    name = VALUES[key][0]
    assert getattr(load_exactly({key: ""}), name) == getattr(load(), name)


@each_value
def test_blanks_around_a_value_are_dropped(key: str) -> None:
    name, text, value, _, _ = VALUES[key]
    assert getattr(load({key: f" {text}\n"}), name) == value


def test_settings_are_mixed_key_by_key() -> None:
    settings = load({"maxRetries": "1", "requestTimeout": "7"}, {"maxRetries": "2"})
    assert (settings.max_retries, settings.request_timeout) == (2, 7)


def test_a_number_may_come_as_one() -> None:
    assert load({"maxRetries": 3}).max_retries == 3


def test_the_defaults() -> None:
    settings = load()
    assert (settings.tenant_id, settings.ca_bundle) == (None, None)
    assert (settings.request_timeout, settings.max_retries) == (30.0, 5)


# Hosts

ENVIRONMENTS = {
    "dev": "dev.olt-dev.io",
    "int": "int.olt-dev.io",
    "preview": "olt-preview.io",
    "prod": "lightelligence.io",
}


@pytest.mark.parametrize(("environment", "domain"), ENVIRONMENTS.items())
def test_an_environment_chooses_the_hosts(environment: str, domain: str) -> None:
    settings = load({"environment": environment})
    assert (settings.api_url, settings.identity_url) == (
        f"https://api.{domain}/v1",
        f"https://id.{domain}/v1",
    )


def test_the_default_environment_is_prod() -> None:
    assert load() == load({"environment": "prod"})


def test_the_variable_of_the_environment_comes_first() -> None:
    settings = load({"environment": "dev"}, {"environment": "int"})
    assert settings.api_url == "https://api.int.olt-dev.io/v1"


BOTH = {"apiUrl": "https://a.example/v1", "identityUrl": "https://b.example/v1"}
PLACES = ["configuration", "environment"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("environment", [None, "dev", "prod"])
@pytest.mark.parametrize("key", HOSTS)
def test_a_base_url_without_the_other_is_an_error_that_names_both(
    key: str, environment: str | None, place: str
) -> None:
    given: dict[str, str] = {key: LOOPBACK}
    if environment is not None:
        given["environment"] = environment
    config, environ = (given, {}) if place == "configuration" else ({}, given)
    with pytest.raises(ConfigurationError) as caught:
        load_exactly(dict(config), environ)
    (other,) = set(HOSTS) - {key}
    message = str(caught.value)
    assert message.startswith(
        f"olt:{key} (or {variable(key)}) is set without olt:{other} (or {variable(other)})"
    )
    assert ("beside olt:environment (or OLT_ENVIRONMENT)" in message) == (environment is not None)
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize("key", HOSTS)
def test_an_empty_base_url_is_not_set(key: str, blank: str) -> None:
    with pytest.raises(ConfigurationError, match="is set without"):
        load_exactly({**BOTH, key: blank})


def test_an_environment_in_the_other_place_is_no_second_base_url() -> None:
    with pytest.raises(ConfigurationError, match="is set without"):
        load_exactly({"environment": "dev"}, {"apiUrl": LOOPBACK})


@pytest.mark.parametrize("key", HOSTS)
def test_base_urls_may_come_from_different_places(key: str) -> None:
    (other,) = set(HOSTS) - {key}
    settings = load_exactly({key: BOTH[key]}, {other: BOTH[other]})
    assert (settings.api_url, settings.identity_url) == tuple(BOTH.values())


def test_two_base_urls_come_before_an_environment() -> None:
    settings = load_exactly({"environment": "dev"}, BOTH)
    assert (settings.api_url, settings.identity_url) == tuple(BOTH.values())


def test_a_slash_at_the_end_of_a_base_url_is_dropped() -> None:
    assert load({"apiUrl": f"{LOOPBACK}/"}).api_url == LOOPBACK


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/v1", "http://127.1.2.3", "http://localhost:1", "http://[::1]:8080/v1"],
)
def test_plain_http_is_allowed_to_this_machine(url: str) -> None:
    assert load({"apiUrl": url}).api_url == url


@pytest.mark.parametrize("key", ["apiUrl", "identityUrl"])
@pytest.mark.parametrize(
    "host",
    [
        "api.example",
        "10.0.0.1",
        "127.0.0.1.example",
        "localhost.example",
        "127.0.0.1@api.example",
        "[::2]",
    ],
)
def test_plain_http_is_allowed_nowhere_else(key: str, host: str) -> None:
    with pytest.raises(ConfigurationError, match=f"olt:{key}"):
        load({key: f"http://{host}/v1"})


# Invalid values

WRONG: list[tuple[str, str]] = [
    *(
        (key, value)
        for key in ("apiUrl", "identityUrl")
        for value in (
            "api.example/v1",
            "ftp://api.example",
            "https://",
            "https:///v1",
            "https://api.example/v1?x=1",
            "https://api.example/v1#x",
            "https://api.example:port/v1",
            "https://api.example:99999/v1",
            "https://[::1/v1",
            "https://someone@api.example/v1",
            "https://api example/v1",
            "https://a..b/v1",
            "https://*/v1",
            "http://api.example/v1",
        )
    ),
    ("environment", "production"),
    ("environment", "PROD"),
    ("tenantId", "my-tenant"),
    ("tenantId", f"{TENANT}/x"),
    ("requestTimeout", "soon"),
    ("requestTimeout", "0"),
    ("requestTimeout", "-1"),
    ("requestTimeout", "601"),
    ("requestTimeout", "nan"),
    ("requestTimeout", "inf"),
    ("maxRetries", "many"),
    ("maxRetries", "-1"),
    ("maxRetries", "21"),
    ("maxRetries", "2.5"),
    ("maxConnections", "0"),
    ("maxConnections", "257"),
]
each_wrong = pytest.mark.parametrize(("key", "value"), WRONG)


@each_wrong
def test_a_wrong_value_names_its_key_and_its_variable(key: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"olt:{key}\b.*\b{variable(key)}\b"):
        load({key: value})


@each_wrong
def test_a_wrong_value_in_the_environment_is_refused_too(key: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"\b{variable(key)}\b"):
        load(environ={key: value})


@each_wrong
def test_the_error_of_a_wrong_value_is_one_line(key: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({key: f"{value}\nx"})
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hunter2@api.example/v1",
        "ftp://me:hunter2@api.example",
        "https://me:hunter2@api.example/v1?x",
        "https://me:hunter2@api.example:port",
        "http://me:hunter2@api.example",
        "https://me:hunter2@[::1",
    ],
)
def test_a_password_in_a_base_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="olt:apiUrl") as caught:
        load({"apiUrl": url})
    assert "hunter2" not in str(caught.value)


def test_unknown_environment_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(ConfigurationError, match="prod, preview, int, dev"):
        load({"environment": "production"})


def test_a_missing_certificate_authority_names_its_key_and_its_variable(tmp_path: Path) -> None:
    settings = load({"caBundle": str(tmp_path / "none.pem"), "apiToken": make_token()})
    with pytest.raises(ConfigurationError, match=r"olt:caBundle \(or OLT_CA_BUNDLE\)"):
        client(settings)


# Credentials are one group from one place


def test_the_configured_token_is_used() -> None:
    assert client(load({"apiToken": make_token()})).tokens.tenant() == TENANT


def test_the_token_of_the_environment_is_used() -> None:
    assert client(load(environ={"apiToken": make_token()})).tokens.tenant() == TENANT


def test_the_token_of_the_environment_comes_first() -> None:
    settings = load({"apiToken": make_token()}, {"apiToken": make_token(tenant=OTHER_TENANT)})
    assert client(settings).tokens.tenant() == OTHER_TENANT


@pytest.mark.parametrize(
    "configured",
    [
        {"tenantTokens": "{}"},
        {"clientId": "x", "clientSecret": "y"},
        {"refreshToken": "x", "clientId": "y"},
        {"clientId": "left over"},
    ],
)
def test_one_variable_makes_all_configured_credentials_ignored(
    configured: dict[str, object],
) -> None:
    settings = load(configured, {"apiToken": make_token()})
    assert client(settings).tokens.tenant() == TENANT


def test_half_a_source_in_the_environment_is_not_completed_from_the_configuration() -> None:
    settings = load({"clientSecret": "y"}, {"clientId": "x"})
    with pytest.raises(ConfigurationError, match=r"OLT_CLIENT_ID is set, and OLT_CLIENT_SECRET"):
        client(settings)


def test_without_credentials_the_error_names_both_places() -> None:
    expected = r"^no credentials: .*OLT_API_TOKEN.*pulumi config set --secret olt:apiToken"
    with pytest.raises(ConfigurationError, match=expected):
        client(load())


@pytest.mark.parametrize(
    ("in_environment", "name"), [(True, "OLT_API_TOKEN"), (False, "olt:apiToken")]
)
def test_a_bad_token_is_named_by_where_it_was_set(in_environment: bool, name: str) -> None:
    given: dict[str, str] = {"apiToken": "x"}
    bad = client(load(environ=given) if in_environment else load(dict(given)))
    with pytest.raises(ConfigurationError, match=f"^the API token in {name} is malformed"):
        bad.tokens.check(TENANT)


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "[",
        "[" * 100_000,
        "[]",
        '"hunter2"',
        "{}",
        f'{{"{TENANT}": 7}}',
        '{"hunter2": "x"}',
    ],
)
@pytest.mark.parametrize(
    ("in_environment", "name"), [(True, "OLT_TENANT_TOKENS"), (False, "olt:tenantTokens")]
)
def test_tokens_per_tenant_of_a_wrong_shape_are_an_error_with_the_right_one(
    value: str, in_environment: bool, name: str
) -> None:
    given: dict[str, str] = {"tenantTokens": value}
    with pytest.raises(ConfigurationError, match=f"^{name} must ") as caught:
        client(load(environ=given) if in_environment else load(dict(given)))
    assert "hunter2" not in str(caught.value)


def test_a_refused_token_names_the_setting_of_the_host(server: ScriptedServer) -> None:
    server.always = error_response(401)
    token = make_token(exp=4_000_000_000)
    made = client(load({"apiUrl": server.url, "apiToken": token}))
    with pytest.raises(Exception, match=r"than olt:apiUrl \(or OLT_API_URL\), so set a new one"):
        list(made.as_tenant(TENANT).devices.list())


def test_an_empty_credential_variable_is_not_set() -> None:
    assert client(load({"apiToken": make_token()}, {"apiToken": " "})).tokens.tenant() == TENANT


def test_settings_do_not_decide_where_credentials_come_from() -> None:
    settings = load({"apiToken": make_token()}, {"apiUrl": LOOPBACK, "tenantId": OTHER_TENANT})
    assert client(settings).tokens.tenant() == TENANT


def test_settings_with_unusable_credentials_can_still_be_read() -> None:
    assert load({"clientId": "alone", "maxRetries": "1"}).max_retries == 1


# Conversion to a client


def test_settings_that_are_equal_are_the_same_key() -> None:
    config: dict[str, object] = {"apiToken": make_token(), "maxRetries": "1"}
    assert hash(load(config)) == hash(load(config))


def test_settings_with_other_credentials_are_another_key() -> None:
    assert load({"apiToken": "a"}) != load({"apiToken": "b"})


def test_settings_do_not_show_credentials() -> None:
    assert "hunter2" not in repr(load({"apiToken": "hunter2", "clientSecret": "hunter2"}))


def test_the_client_calls_the_configured_api_with_the_configured_retries(
    server: ScriptedServer,
) -> None:
    server.always = error_response(503)
    token = make_token(exp=4_000_000_000)
    settings = load({"apiUrl": server.url, "maxRetries": "2", "apiToken": token})
    made = settings.client(notify=print, sleep=lambda _: None, user_agent="pulumi/3.272.0")
    with pytest.raises(Exception, match="returned 503"):
        list(made.as_tenant(TENANT).devices.list())
    assert len(server.received) == 3


def test_client_sends_its_user_agent(server: ScriptedServer) -> None:
    server.always = error_response(400)
    token = make_token(exp=4_000_000_000)
    made = load({"apiUrl": server.url, "apiToken": token}).client(
        notify=print, user_agent="pulumi/3.272.0"
    )
    with pytest.raises(Exception, match="returned 400"):
        list(made.as_tenant(TENANT).devices.list())
    assert " pulumi/3.272.0 " in server.only.headers["User-Agent"]


# Keys that are no setting


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("apiURL", "apiUrl"),
        ("APIURL", "apiUrl"),
        ("api_url", "apiUrl"),
        ("api-token", "apiToken"),
        ("tenant", "tenantId"),
        ("tenantToken", "tenantTokens"),
        ("identityUri", "identityUrl"),
        ("enviroment", "environment"),
        ("timeout", "requestTimeout"),
        ("maxRetry", "maxRetries"),
    ],
)
def test_unknown_key_is_an_error_that_suggests_the_nearest(key: str, nearest: str) -> None:
    config = {f"olt:{key}": "s3cret-value"}
    with pytest.raises(ConfigurationError) as caught:
        Settings.load(config.get, {}, keys=config)
    message = str(caught.value)
    assert f"olt:{key} is not a setting: use olt:{nearest}" in message
    assert "s3cret-value" not in message
    assert len(message.splitlines()) == 1


def test_unknown_key_that_resembles_none_is_an_error_that_lists_the_settings() -> None:
    with pytest.raises(
        ConfigurationError, match=r"olt:zzz is not a setting; .* olt:apiToken, olt:apiUrl"
    ):
        Settings.load(EMPTY.get, {}, keys=["olt:zzz"])


def test_every_unknown_key_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"olt:apiURL .*; olt:tenant .*"):
        Settings.load(EMPTY.get, {}, keys=["olt:tenant", "olt:apiURL"])


def test_keys_of_other_namespaces_and_every_setting_are_accepted() -> None:
    keys = [f"olt:{key}" for key in (*SETTINGS, *CREDENTIALS)]
    Settings.load(EMPTY.get, {}, keys=[*keys, "app:apiURL", "aws:region", "oltx:y", "plain"])
