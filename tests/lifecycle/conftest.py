from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from olt_provider.api.errors import ConfigurationError
from olt_provider.emulator import Emulator
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.settings import Settings
from tests.emulated import emulator, owner, shared_emulator

__all__ = ["emulator", "owner", "shared_emulator"]

OWNER = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"


def unsigned(tenant_id: str, *, lifetime: float = 86400) -> str:
    """A token that is never verified, because no call is made with it."""
    claims = {"tenant": tenant_id, "exp": int(time.time() + lifetime), "nbf": 0}
    return jwt.encode(claims, "k" * 32)


def credentials_of(*tenant_ids: str) -> tuple[tuple[str, SecretStr], ...]:
    """One token for each tenant."""
    tokens = {tenant_id: unsigned(tenant_id) for tenant_id in tenant_ids}
    return (("tenantTokens", SecretStr(json.dumps(tokens))),)


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def offline(warnings: list[str]) -> Callable[..., ProviderContext]:
    """A platform that never responds: operations that succeed make no call."""

    def make(
        token: str | None = None,
        *,
        tenant_id: str | None = None,
        credentials: tuple[tuple[str, SecretStr], ...] = (),
    ) -> ProviderContext:
        if token is not None:
            credentials = (("apiToken", SecretStr(token)),)
        settings = Settings(
            "http://127.0.0.1:9/v1",
            "http://127.0.0.1:9/v1",
            tenant_id=tenant_id,
            credentials=credentials,
        )
        return ProviderContext(settings, warn=warnings.append)

    return make


@pytest.fixture
def misconfigured(warnings: list[str]) -> ProviderContext:
    return ProviderContext(ConfigurationError("olt:apiUrl is wrong"), warn=warnings.append)


@pytest.fixture
def connect(emulator: Emulator, warnings: list[str]) -> Callable[..., ProviderContext]:
    """The platform for a new process: empty caches, and retries without waits."""

    def make(*tenant_ids: str, role: str = "owner", **changes: Any) -> ProviderContext:
        tokens = {tenant_id: emulator.token(tenant_id, role=role) for tenant_id in tenant_ids}
        settings = Settings(
            emulator.api_url,
            emulator.identity_url,
            max_retries=2,
            credentials=(("tenantTokens", SecretStr(json.dumps(tokens))),),
        )
        return ProviderContext(
            replace(settings, **changes), warn=warnings.append, sleep=lambda _: None
        )

    return make
