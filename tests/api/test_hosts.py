from __future__ import annotations

import pytest

from olt_provider.api.hosts import DEFAULT_ENVIRONMENT, ENVIRONMENTS

DOMAINS = {
    "dev": "dev.olt-dev.io",
    "int": "int.olt-dev.io",
    "preview": "olt-preview.io",
    "prod": "lightelligence.io",
}


def test_there_are_the_documented_environments() -> None:
    assert set(ENVIRONMENTS) == set(DOMAINS)


def test_the_default_is_prod() -> None:
    assert DEFAULT_ENVIRONMENT == "prod"


@pytest.mark.parametrize(("name", "domain"), DOMAINS.items())
def test_an_environment_has_the_documented_hosts(name: str, domain: str) -> None:
    assert ENVIRONMENTS[name] == (f"https://api.{domain}/v1", f"https://id.{domain}/v1")
