from __future__ import annotations

import pytest

from olt_provider.api.errors import ConfigurationError
from olt_provider.api.ids import segment
from tests.api.samples import TENANT


@pytest.mark.parametrize(
    "value", [TENANT, TENANT.upper(), f" {TENANT} ", TENANT.replace("-", ""), f"{{{TENANT}}}"]
)
def test_every_spelling_of_an_id_becomes_one_segment(value: str) -> None:
    assert segment(value, what="tenant ID") == TENANT


@pytest.mark.parametrize(
    "value", ["", " ", ".", "..", "a/b", f"{TENANT}/..", f"{TENANT}?x", "x" * 36]
)
def test_what_is_no_id_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^tenant ID .* is not a UUID"):
        segment(value, what="tenant ID")


def test_the_error_is_one_line() -> None:
    with pytest.raises(ConfigurationError) as caught:
        segment("a\nb", what="tenant ID")
    assert len(str(caught.value).splitlines()) == 1
