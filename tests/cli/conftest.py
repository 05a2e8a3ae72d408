"""Fixtures of the command tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from olt_provider.emulator import TENANT_A, Emulator


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator of its own, which the environment reaches as tenant A."""
    with Emulator.start() as emulator:
        monkeypatch.setenv("OLT_API_URL", emulator.api_url)
        monkeypatch.setenv("OLT_IDENTITY_URL", emulator.identity_url)
        monkeypatch.setenv("OLT_API_TOKEN", emulator.token(TENANT_A))
        yield emulator
