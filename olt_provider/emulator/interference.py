"""What stands before the API: the journal, the faults, and a gateway for unknown paths."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from olt_provider.emulator import contract, problems, spoiling
from olt_provider.emulator.asgi import Receive, Scope, Send
from olt_provider.emulator.exchange import Exchange
from olt_provider.emulator.faults import Fault
from olt_provider.emulator.spoiling import Answer
from olt_provider.emulator.variants import varied
from olt_provider.emulator.world import World

DISCONNECT_SECONDS: Final = 10
"""The longest that ending a connection may take."""


class Interference:
    """Runs the API, or does not, as the faults tell."""

    def __init__(self, api: FastAPI, routes: Sequence[APIRoute], world: World) -> None:
        self._api = api
        self._world = world
        self._templates = [(route.path_regex, route.path_format) for route in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and write it down."""
        exchange = Exchange(scope, receive, send, self._world.journal)
        found = (name for regex, name in self._templates if regex.match(exchange.path))
        exchange.template = next(found, None)
        latencies, fault = self._world.faults.take(exchange.method, exchange.path)
        kinds = [each.kind for each in (fault, *latencies) if each]
        exchange.fault = kinds[0] if kinds else None
        try:
            await _delay([each for each in latencies if not each.makes_the_change])
            late = [each for each in latencies if each.makes_the_change]
            if fault is None and not late:
                await self._platform(exchange, exchange.send)
            else:
                await self._interfere(exchange, fault, late)
        finally:
            exchange.note()

    async def _interfere(self, exchange: Exchange, fault: Fault | None, late: list[Fault]) -> None:
        if fault is not None and fault.kind == "hold_before":
            await _hold(fault)
        answer = Answer()
        if fault is None or fault.makes_the_change:
            await self._platform(exchange, answer.take)
        await _delay(late)
        if fault is not None and fault.kind == "hold":
            await _hold(fault, exchange.receive)
        elif fault is not None and fault.kind != "hold_before":
            fault.injected()
            if fault.kind in spoiling.WITHOUT_ANSWER:
                await _end(exchange, fault, answer)
                return
            answer = spoiling.spoiled(fault, answer)
        await answer.send(exchange.send)

    async def _platform(self, exchange: Exchange, send: Send) -> None:
        variants = self._world.variants
        if not variants:
            await self._contract(exchange.scope, exchange.receive, send)
            return
        answer = Answer()
        await self._contract(exchange.scope, exchange.receive, answer.take)
        await varied(variants, exchange.method, exchange.template, answer).send(send)

    async def _contract(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(f"{contract.BASE_PATH}/"):
            scope["root_path"] = contract.BASE_PATH
            await self._api(scope, receive, send)
        else:
            await problems.gateway_page(404, "Not Found")(scope, receive, send)


async def _end(exchange: Exchange, fault: Fault, answer: Answer) -> None:
    # Ending it with unread bytes would be a reset in any case, while the client still sends.
    await exchange.read_body()
    exchange.note()  # before the client can know
    spoiling.end(fault, exchange.connection, answer)
    # The server would answer for an application that returns while the connection is there.
    await asyncio.wait_for(_until_disconnected(exchange.receive), DISCONNECT_SECONDS)


async def _delay(latencies: list[Fault]) -> None:
    for latency in latencies:
        await _hold(latency)


async def _hold(fault: Fault, receive: Receive | None = None) -> None:
    """Wait for the release or the fault's time; with ``receive``, no longer than the client."""
    loop = asyncio.get_running_loop()
    released = asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(released.set)

    fault.on_release(wake)
    fault.injected()
    waiting: list[asyncio.Task[Any]] = [asyncio.create_task(released.wait())]
    if receive is not None:
        waiting.append(asyncio.create_task(_until_disconnected(receive)))
    try:
        await asyncio.wait(waiting, timeout=fault.seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
