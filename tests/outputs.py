"""Resolving Outputs in tests without the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, TypeVar

import pulumi
import pytest

T = TypeVar("T")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@pytest.fixture
def event_loop() -> None:
    """The event loop that the SDK expects in a thread. Python 3.14 makes none by itself.

    One for all tests: the mocks leave tasks behind in it, which warn when it ends.
    """
    asyncio.set_event_loop(_loop())


def awaited(make: Callable[[], Awaitable[T]]) -> T:
    """The result of a coroutine, in a loop of its own: the current one stays as it is."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_made(make))
    finally:
        loop.close()


async def _made(make: Callable[[], Awaitable[T]]) -> T:
    return await make()


def settled(make: Callable[[], Any]) -> Any:
    """The value of an input, after its Outputs have resolved."""

    async def resolve() -> Any:
        return await pulumi.Output.from_input(make()).future(with_unknowns=True)

    return awaited(resolve)
