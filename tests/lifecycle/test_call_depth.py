"""From a resource's operation to the HTTP request there are few of our functions."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import requests

from olt_provider.application import ApplicationProvider
from olt_provider.emulator import Emulator
from olt_provider.lifecycle.provider_context import ProviderContext

Connect = Callable[..., ProviderContext]
Frames = list[tuple[str, str]]
PACKAGE = Path(sys.modules["olt_provider"].__path__[0])

INPUTS: dict[str, Any] = {
    "name": "Sample",
    "with_public_oauth2_client": False,
    "redirect_uris": [],
    "teaser_description": "",
    "status": "active",
    "force_destroy": False,
    "prevent_duplicate_name": True,
}


@pytest.fixture
def provider(connect: Connect, owner: str) -> ApplicationProvider:
    provider = ApplicationProvider()
    provider.context = connect(owner)
    return provider


@pytest.fixture
def requested(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Frames]]:
    """Each request that changes something, with our functions between it and the operation."""
    found: list[tuple[str, Frames]] = []
    real = requests.Session.request

    def request(session: requests.Session, method: str, url: str, **options: Any) -> Any:
        if method != "GET":
            found.append((method, _frames()))
        return real(session, method, url, **options)

    monkeypatch.setattr(requests.Session, "request", request)
    return found


def _frames() -> Frames:
    frames: Frames = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path == PACKAGE / "application.py":
            return frames
        if PACKAGE in path.parents:
            frames.append((str(path.relative_to(PACKAGE)), frame.f_code.co_name))
        frame = frame.f_back
    raise AssertionError("a request outside an operation")


def _files(frames: Frames) -> Counter[str]:
    return Counter(file for file, _ in frames)


def test_update_reaches_each_request_through_at_most_six_functions(
    emulator: Emulator, provider: ApplicationProvider, owner: str, requested: Any
) -> None:
    inputs = {**INPUTS, "tenant_id": owner, "allowed_tenants": {}}
    created = provider.create(inputs)
    requested.clear()
    changed = {
        **inputs,
        "name": "Other",
        "allowed_tenants": {owner: ""},
        "rotate_secret_when_changed": {"to": "1"},
    }
    outputs = provider.update(created.id, created.outs or {}, changed).outs
    provider.update(created.id, outputs or {}, {**changed, "allowed_tenants": {}})
    assert [method for method, _ in requested] == ["PATCH", "PUT", "POST", "DELETE"]
    for _, frames in requested:
        assert len(frames) <= 6, frames
        assert max(_files(frames).values()) <= 2, frames


def test_create_comes_back_to_no_file_more_than_twice(
    emulator: Emulator, provider: ApplicationProvider, owner: str, requested: Any
) -> None:
    provider.create({**INPUTS, "tenant_id": owner, "status": "inactive"})
    assert [method for method, _ in requested] == ["POST", "PATCH"]
    for _, frames in requested:
        assert len(frames) <= 8, frames
        assert max(_files(frames).values()) <= 2, frames
