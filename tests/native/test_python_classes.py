"""The Python classes of the native form have the signatures of the dynamic one."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import olt_provider
from olt_provider import native

CLASSES = ["OltApplication", "OltInstallation", "OltBackgroundApplication", "Provider"]


@pytest.mark.parametrize("name", CLASSES)
def test_constructor_takes_the_same_arguments(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(each, name)) for each in (native, olt_provider))
    assert ours == theirs


@pytest.mark.parametrize("name", ["OltApplication", "OltInstallation"])
def test_get_takes_the_same_arguments(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(each, name).get) for each in (native, olt_provider))
    assert ours.parameters == theirs.parameters


@pytest.mark.parametrize("name", ["OltApplication", "OltInstallation"])
def test_outputs_are_the_same(name: str) -> None:
    def outputs(cls: Any) -> Any:
        return cls.__annotations__

    assert outputs(getattr(native, name)) == outputs(getattr(olt_provider, name))


def test_every_name_is_exported() -> None:
    for name in native.__all__:
        assert getattr(native, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = native.Nothing
