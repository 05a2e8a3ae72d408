"""From an operation of a resource to its request, a reader passes few functions and files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests

import olt_provider
from olt_provider.application import ApplicationProvider
from olt_provider.dynamic import host
from olt_provider.emulator import Emulator
from tests.emulated import emulator, owner, shared_emulator

__all__ = ["emulator", "owner", "shared_emulator"]

PACKAGE: Final = Path(olt_provider.__file__).parent
AT_MOST: Final = 6
Trace = list[tuple[str, str]]


def trace() -> Iterator[tuple[str, str]]:
    """The functions of the package on the stack, innermost first: file and name."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(PACKAGE):
            yield str(path.relative_to(PACKAGE)), frame.f_code.co_name


@pytest.fixture
def traces(emulator: Emulator, owner: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Trace]:
    """Method of each changing request of a creation and an update -> the way to it."""
    found: dict[str, Trace] = {}
    send = requests.Session.send

    def traced(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> Any:
        found[str(request.method)] = [*trace()][::-1]
        return send(self, request, **options)

    monkeypatch.setattr(requests.Session, "send", traced)
    monkeypatch.setattr(host, "_contexts", {})
    environ = {
        "OLT_API_URL": emulator.api_url,
        "OLT_IDENTITY_URL": emulator.identity_url,
        "OLT_API_TOKEN": emulator.token(owner),
    }
    provider = ApplicationProvider()
    provider.context = host.shared_context(lambda _key: None, environ, warn=lambda _message: None)
    inputs = provider.check({}, {"name": "x"}).inputs
    made = provider.create(inputs)
    renamed = provider.check(inputs, {"name": "y"}).inputs
    provider.update(made.id, made.outs or {}, renamed)
    return found


def test_update_reaches_its_request_through_few_functions(traces: dict[str, Trace]) -> None:
    names = [name for _, name in traces["PATCH"]]
    between = traces["PATCH"][names.index("update") + 1 :]
    assert len(between) <= AT_MOST, between


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_no_file_is_passed_more_than_twice(traces: dict[str, Trace], method: str) -> None:
    passed = Counter(file for file, _ in traces[method])
    assert max(passed.values()) <= 2, passed
