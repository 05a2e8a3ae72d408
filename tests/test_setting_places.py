"""Which credentials are sent to which hosts: the stack's own provider, and explicit ones."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from olt_provider.api.errors import ConfigurationError
from olt_provider.setting_names import variable
from olt_provider.settings import Settings

A = {"apiUrl": "https://api.a.example/v1", "identityUrl": "https://id.a.example/v1"}
B = {"apiUrl": "https://api.b.example/v1", "identityUrl": "https://id.b.example/v1"}


def explicit(
    arguments: dict[str, str],
    environ: dict[str, str] | None = None,
    *,
    mappings: dict[str, str] | None = None,
    others: dict[str, str] | None = None,
) -> Settings:
    """The settings of a ``Provider``; ``environ`` by key, ``others`` by the variable's name."""
    config = {f"olt:{key}": value for key, value in arguments.items()}
    config["olt:explicit"] = json.dumps(mappings or {})
    environment = {variable(key): value for key, value in (environ or {}).items()}
    return Settings.load(config.get, environment | (others or {}))


def held(settings: Settings) -> dict[str, str]:
    return {key: value.get_secret_value() for key, value in settings.credentials}


def hosts(settings: Settings) -> dict[str, str]:
    return {"apiUrl": settings.api_url, "identityUrl": settings.identity_url}


TOKEN_B = {"apiToken": "token-b"}
SOURCES: list[dict[str, str]] = [
    {"apiToken": "token-a"},
    {"tenantTokens": "tokens-a"},
    {"clientId": "client-a", "clientSecret": "secret-a"},
    {"refreshToken": "refresh-a", "clientId": "client-a"},
    {"clientId": "half-a"},
]
each_source = pytest.mark.parametrize("source", SOURCES, ids="+".join)


@each_source
def test_credentials_of_the_environment_never_replace_a_providers_own(
    source: dict[str, str],
) -> None:
    settings = explicit(B | TOKEN_B, A | source)
    assert (held(settings), hosts(settings)) == (TOKEN_B, B)
    assert not settings.credentials_in_environment


@each_source
def test_a_providers_own_credentials_are_never_mixed_with_those_of_the_environment(
    source: dict[str, str],
) -> None:
    own = {"clientId": "client-b", "clientSecret": "secret-b"}
    assert held(explicit(B | own, A | source)) == own


def test_a_provider_without_hosts_uses_those_of_the_environment() -> None:
    settings = explicit(TOKEN_B, A)
    assert (held(settings), hosts(settings)) == (TOKEN_B, A)


@each_source
def test_a_provider_with_neither_uses_credentials_and_hosts_of_the_environment(
    source: dict[str, str],
) -> None:
    settings = explicit({"tenantId": "b0000000-0000-4000-8000-00000000000b"}, A | source)
    assert (held(settings), hosts(settings)) == (source, A)
    assert settings.credentials_in_environment


@each_source
@pytest.mark.parametrize("own", [B, {"environment": "int"}], ids=["urls", "environment"])
@pytest.mark.parametrize("around", [A, {}, {"environment": "dev"}], ids=["urls", "none", "dev"])
def test_credentials_of_the_environment_do_not_reach_a_providers_own_hosts(
    source: dict[str, str], own: dict[str, str], around: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        explicit(own, around | source)
    message = str(caught.value)
    assert all(variable(key) in message for key in source)
    assert "env_var_mappings" in message
    assert not any(value in message for value in source.values())
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("around", [{}, {"environment": "prod"}])
def test_credentials_of_the_environment_reach_hosts_that_it_names_too(
    around: dict[str, str],
) -> None:
    source = {"apiToken": "token-a"}
    assert held(explicit({"environment": "prod"}, around | source)) == source
    upper = {key: value.replace("api.a.", "API.A.") + "/" for key, value in A.items()}
    assert held(explicit(upper, A | source)) == source


@pytest.mark.parametrize(
    ("own", "around"),
    [*itertools.product([B, {"environment": "int"}], [A, {"environment": "dev"}])],
)
def test_a_providers_hosts_are_not_mixed_with_those_of_the_environment(
    own: dict[str, str], around: dict[str, str]
) -> None:
    assert hosts(explicit(own | TOKEN_B, around)) == hosts(explicit(own | TOKEN_B))


@pytest.mark.parametrize("key", ["apiUrl", "identityUrl"])
def test_half_of_a_providers_hosts_is_not_completed_from_the_environment(key: str) -> None:
    with pytest.raises(ConfigurationError, match="is set without"):
        explicit({key: B[key]} | TOKEN_B, A)


SETTINGS: list[tuple[str, str, Any, str, Any]] = [
    (
        "tenantId",
        "b0000000-0000-4000-8000-00000000000b",
        None,
        "a" * 8 + "-0000-4000-8000-" + "a" * 12,
        None,
    ),
    ("caBundle", "/b.pem", None, "/a.pem", None),
    ("requestTimeout", "7", 7.0, "9", 9.0),
    ("maxRetries", "1", 1, "2", 2),
]


@pytest.mark.parametrize(("key", "own", "own_value", "around", "around_value"), SETTINGS)
def test_a_providers_setting_comes_before_the_environment_which_fills_in(
    key: str, own: str, own_value: Any, around: str, around_value: Any
) -> None:
    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in key)
    assert getattr(explicit({key: own}, {key: around}), name) == (own_value or own)
    assert getattr(explicit({}, {key: around}), name) == (around_value or around)


# env_var_mappings


MAPPED = {"TOKEN_OF_B": "OLT_API_TOKEN"}


@pytest.mark.parametrize("own", [{}, B, B | TOKEN_B, TOKEN_B], ids="+".join)
@each_source
def test_a_mapped_credential_comes_before_all_others(
    source: dict[str, str], own: dict[str, str]
) -> None:
    settings = explicit(own, A | source, mappings=MAPPED, others={"TOKEN_OF_B": "mapped"})
    assert held(settings) == {"apiToken": "mapped"}
    assert hosts(settings) == (B if "apiUrl" in own else A)
    assert settings.credentials_in_environment


@pytest.mark.parametrize("value", [None, "", " "])
def test_a_mapped_variable_that_is_not_set_counts_for_nothing(value: str | None) -> None:
    others = {} if value is None else {"TOKEN_OF_B": value}
    settings = explicit(B | TOKEN_B, {"apiToken": "token-a"}, mappings=MAPPED, others=others)
    assert held(settings) == TOKEN_B
    with pytest.raises(ConfigurationError, match="OLT_API_TOKEN in the environment is for"):
        explicit(B, {"apiToken": "token-a"}, mappings=MAPPED, others=others)


def test_a_variable_may_be_mapped_to_itself() -> None:
    settings = explicit(B, {"apiToken": "shared"}, mappings={"OLT_API_TOKEN": "OLT_API_TOKEN"})
    assert held(settings) == {"apiToken": "shared"}


def test_mapped_hosts_replace_a_providers_own() -> None:
    mappings = {"API_B": "OLT_API_URL", "ID_B": "OLT_IDENTITY_URL"}
    others = {"API_B": B["apiUrl"], "ID_B": B["identityUrl"]}
    own = {"environment": "int"} | TOKEN_B
    assert hosts(explicit(own, A, mappings=mappings, others=others)) == B
    with pytest.raises(ConfigurationError, match="is set without"):
        explicit(A | TOKEN_B, A, mappings=mappings, others={"API_B": B["apiUrl"]})


@pytest.mark.parametrize("mark", ["{", "[]", "1", '"x"', "null", "true"])
def test_a_mark_that_cannot_be_read_maps_nothing(mark: str) -> None:
    config = {"olt:explicit": mark, "olt:apiToken": "token-b"}
    settings = Settings.load(config.get, {"OLT_API_TOKEN": "token-a"})
    assert held(settings) == TOKEN_B


# The stack's own provider


@each_source
def test_credentials_of_the_environment_replace_the_stacks(source: dict[str, str]) -> None:
    config = {f"olt:{key}": value for key, value in (B | TOKEN_B).items()}
    settings = Settings.load(config.get, {variable(key): value for key, value in source.items()})
    assert (held(settings), hosts(settings), settings.explicit) == (source, B, False)
