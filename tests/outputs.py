"""Resolving Outputs in tests without the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pulumi

T = TypeVar("T")


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
