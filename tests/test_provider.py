"""``Provider``: its arguments as settings of a provider process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pulumi
import pytest
from pulumi.runtime import mocks, rpc, settings

from olt_provider import Provider
from olt_provider.settings import Settings
from tests.outputs import awaited, event_loop

__all__ = ["event_loop"]

TENANT: Final = "11111111-1111-4111-8111-111111111111"
OTHER: Final = "22222222-2222-4222-8222-222222222222"


class Engine(mocks.Mocks):
    """Records what is registered."""

    def __init__(self) -> None:
        self.registered: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.registered[args.typ] = dict(args.inputs)
        return args.name, dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], None]:
        return {}, None


@pytest.fixture
def engine(event_loop: None) -> Iterator[Engine]:
    engine = Engine()
    mocks.set_mocks(engine)
    yield engine
    settings.reset_options()


def declared(engine: Engine, **arguments: Any) -> dict[str, Any]:
    """The inputs of a provider, as its host process receives them."""

    def run() -> None:
        Provider("explicit", **arguments)

    run_with_mocks: Any = pulumi.runtime.test
    run_with_mocks(run)()
    inputs = engine.registered["pulumi:providers:pulumi-python"]
    return {key: rpc.unwrap_rpc_secret(value) for key, value in inputs.items()}


def test_every_argument_is_a_setting_of_the_host(engine: Engine) -> None:
    inputs = declared(
        engine,
        environment="int",
        tenant_id=TENANT,
        request_timeout=2.5,
        max_retries=3,
        max_connections=8,
        tenant_tokens={TENANT: "one", OTHER: pulumi.Output.from_input("two")},
    )
    loaded = Settings.load(inputs.get, {}, keys=inputs)
    assert loaded.api_url == "https://api.int.olt-dev.io/v1"
    assert (loaded.tenant_id, loaded.request_timeout, loaded.max_retries) == (TENANT, 2.5, 3)
    assert loaded.explicit
    ((_, tokens),) = loaded.credentials
    assert json.loads(tokens.get_secret_value()) == {TENANT: "one", OTHER: "two"}


def test_arguments_that_are_left_out_are_no_settings(engine: Engine) -> None:
    inputs = declared(engine, environment="int")
    assert {key for key in inputs if key.startswith("olt:")} == {"olt:environment", "olt:explicit"}


@pytest.mark.parametrize(
    ("credentials", "secret"),
    [
        ({"api_token": "hidden"}, "olt:apiToken"),
        ({"tenant_tokens": {TENANT: "hidden"}}, "olt:tenantTokens"),
        ({"client_id": "id", "client_secret": "hidden"}, "olt:clientSecret"),
        ({"client_id": "id", "refresh_token": "hidden"}, "olt:refreshToken"),
    ],
)
def test_credentials_are_secrets(credentials: dict[str, Any], secret: str) -> None:
    async def secrets() -> set[str]:
        inputs: dict[str, Any] = {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                pulumi.ProviderResource,
                "__init__",
                lambda _self, _package, _name, props, _opts: inputs.update(props),
            )
            Provider("explicit", **credentials)
        outputs = {key: each for key, each in inputs.items() if isinstance(each, pulumi.Output)}
        return {key for key, each in outputs.items() if await each.is_secret()}

    assert awaited(secrets) == {secret}


@pytest.mark.parametrize(
    "arguments",
    [{"tenant_tokens": "text"}, {"tenant_tokens": ["a"]}, {"opts": "text"}],
)
def test_argument_of_a_wrong_type_is_a_type_error(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="cannot be a"):
        Provider("explicit", **arguments)
