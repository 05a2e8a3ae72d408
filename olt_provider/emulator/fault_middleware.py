"""ASGI middleware in front of the API: journal, fault injection, and a gateway's 404 page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from olt_provider.emulator import contract, fault_responses, problems
from olt_provider.emulator.connection import Receive, Scope, Send
from olt_provider.emulator.fault_responses import UnsentResponse
from olt_provider.emulator.faults import Fault
from olt_provider.emulator.recorded_request import RecordedRequest
from olt_provider.emulator.state import State
from olt_provider.emulator.variants import varied

DISCONNECT_SECONDS: Final = 10
"""The longest time, in seconds, for closing a connection."""


class FaultMiddleware:
    """ASGI middleware that records requests and injects faults."""

    def __init__(self, api: FastAPI, routes: Sequence[APIRoute], state: State) -> None:
        self._api = api
        self._state = state
        self._templates = [(route.path_regex, route.path_format) for route in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request and record it in the journal."""
        request = RecordedRequest(scope, receive, send, self._state.journal)
        found = (name for regex, name in self._templates if regex.match(request.path))
        request.template = next(found, None)
        latencies, fault = self._state.faults.take(request.method, request.path)
        kinds = [each.kind for each in (fault, *latencies) if each]
        request.fault = kinds[0] if kinds else None
        try:
            await _delay([each for each in latencies if not each.makes_the_change])
            late = [each for each in latencies if each.makes_the_change]
            if fault is None and not late:
                await self._platform(request, request.send)
            else:
                await self._inject(request, fault, late)
        finally:
            request.note()

    async def _inject(
        self, request: RecordedRequest, fault: Fault | None, late: list[Fault]
    ) -> None:
        if fault is not None and fault.kind == "hold_before":
            await _hold(fault)
        response = UnsentResponse()
        if fault is None or fault.makes_the_change:
            await self._platform(request, response.take)
        await _delay(late)
        if fault is not None and fault.kind == "hold":
            await _hold(fault, request.receive)
        elif fault is not None and fault.kind != "hold_before":
            fault.injected()
            if fault.kind in fault_responses.WITHOUT_RESPONSE:
                await _end(request, fault, response)
                return
            response = fault_responses.faulty(fault, response)
        await response.send(request.send)

    async def _platform(self, request: RecordedRequest, send: Send) -> None:
        variants = self._state.variants
        if not variants:
            await self._contract(request.scope, request.receive, send)
            return
        response = UnsentResponse()
        await self._contract(request.scope, request.receive, response.take)
        await varied(variants, request.method, request.template, response).send(send)

    async def _contract(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(f"{contract.BASE_PATH}/"):
            scope["root_path"] = contract.BASE_PATH
            await self._api(scope, receive, send)
        else:
            await problems.gateway_page(404, "Not Found")(scope, receive, send)


async def _end(request: RecordedRequest, fault: Fault, response: UnsentResponse) -> None:
    # Closing it with unread bytes would be a reset, while the client still sends.
    await request.read_body()
    request.note()  # before the client can know
    fault_responses.end(fault, request.connection, response)
    # The server would respond itself if the application returned before the connection is closed.
    await asyncio.wait_for(_until_disconnected(request.receive), DISCONNECT_SECONDS)


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
