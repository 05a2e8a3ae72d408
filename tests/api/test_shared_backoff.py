"""The shared backoff: simulated against limiters in virtual time, and used by real threads."""

from __future__ import annotations

import heapq
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from olt_provider.api.errors import OltError
from olt_provider.api.request import Request
from olt_provider.api.retry import Repeat
from olt_provider.api.shared_backoff import Pacing, SharedBackoff, Start
from tests.api.conftest import MakeTransport
from tests.api.scripted_server import (
    Received,
    Scripted,
    ScriptedServer,
    data_response,
    error_response,
)

REGISTRATION = Request("POST", "/x", json={}, repeat=Repeat.IF_UNSENT)


@dataclass
class Limiter:
    """A token bucket: ``rate`` requests a second, of which ``burst`` at once."""

    rate: float
    burst: int
    _tokens: float = field(init=False)
    _at: float = 0.0

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def allows(self, now: float) -> bool:
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1 - 1e-9:
            return False
        self._tokens -= 1
        return True


@dataclass
class Outcome:
    seconds: float
    refusals: int


def simulate(
    limiter: Limiter, *, retry_after: float, requests: int, threads: int, latency: float, seed: int
) -> Outcome:
    """Make requests as fast as ``Pacing`` allows, in virtual time."""
    pacing = Pacing(random.Random(seed).random)
    in_flight: list[tuple[float, int, Start, bool]] = []
    now, waiting, refusals, last = 0.0, requests, 0, 0.0
    for step in range(100_000):
        if not waiting and not in_flight:
            return Outcome(last, refusals)
        free = waiting and len(in_flight) < threads and not pacing.blocked
        if free and pacing.next_start <= now:
            waiting -= 1
            start = pacing.start(now)
            heapq.heappush(in_flight, (now + latency, step, start, limiter.allows(now)))
            continue
        arrivals = [in_flight[0][0]] if in_flight else []
        now = min([*arrivals, *([pacing.next_start] if free else [])])
        while in_flight and in_flight[0][0] <= now:
            _, _, start, passes = heapq.heappop(in_flight)
            if passes:
                pacing.passed(start)
                last = now
            else:
                pacing.refused(now, start, retry_after)
                waiting, refusals = waiting + 1, refusals + 1
    raise AssertionError("the requests do not come to an end")


@pytest.mark.parametrize("rate", [5.0, 1.0])
@pytest.mark.parametrize("burst", [1, 5])
@pytest.mark.parametrize("retry_after", [0.0, 1.0])
@pytest.mark.parametrize("latency", [0.002, 0.05, 0.2])
@pytest.mark.parametrize("threads", [4, 32])
def test_requests_under_a_rate_limit_take_at_most_one_and_a_half_times_the_ideal_time(
    rate: float, burst: int, retry_after: float, latency: float, threads: int
) -> None:
    for requests in (30, 100):
        ideal = (requests - burst) / rate
        outcomes = [
            simulate(
                Limiter(rate, burst),
                retry_after=retry_after,
                requests=requests,
                threads=threads,
                latency=latency,
                seed=seed,
            )
            for seed in range(10)
        ]
        assert max(each.seconds for each in outcomes) <= 1.5 * ideal


def test_one_request_probes_while_the_others_wait() -> None:
    pacing = Pacing()
    first, second = pacing.start(0.0), pacing.start(0.0)
    pacing.refused(0.1, first, 0.0)
    pacing.refused(0.1, second, 0.0)
    probe = pacing.start(pacing.next_start)
    assert (probe.is_probe, pacing.blocked) == (True, True)
    pacing.passed(probe)
    assert not pacing.blocked


def test_another_request_probes_after_a_probe_without_a_response() -> None:
    pacing = Pacing()
    pacing.refused(0.1, pacing.start(0.0), 0.0)
    pacing.ended(pacing.start(1.0))
    assert not pacing.blocked
    assert pacing.start(2.0).is_probe


def test_retry_after_is_waited_for_by_all() -> None:
    pacing = Pacing()
    first, second = pacing.start(0.0), pacing.start(0.0)
    pacing.refused(1.0, first, 17.0)
    pacing.refused(2.0, second, 30.0)
    assert pacing.next_start == 32.0


def test_probe_waits_are_jittered() -> None:
    waits = set()
    for seed in range(5):
        pacing = Pacing(random.Random(seed).random)
        pacing.refused(0.0, pacing.start(0.0), 0.0)
        waits.add(pacing.next_start)
    assert len(waits) == 5


def test_pacing_ends_where_nothing_is_refused_any_more() -> None:
    pacing, now = Pacing(), 0.0
    pacing.refused(now, pacing.start(now), 0.0)
    for _ in range(200):
        now = max(now, pacing.next_start)
        pacing.passed(pacing.start(now))
    assert pacing.next_start <= now


def test_a_wait_that_raises_leaves_the_probe_to_another_request() -> None:
    backoff = SharedBackoff(lambda: 0.0)
    with backoff.turn(lambda _: None) as turn:
        turn.refused(5.0)

    def cancelled(_: float) -> None:
        raise OltError("cancelled")

    with pytest.raises(OltError, match="cancelled"), backoff.turn(cancelled):
        pytest.fail("nothing may be sent")
    slept: list[float] = []
    with backoff.turn(slept.append) as turn:
        turn.passed()
    assert slept == [5.0]


class LimitingServer(ScriptedServer):
    """Lets every second request of its life pass, and refuses the others."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._counting = threading.Lock()
        self.created = 0

    def take(self, received: Received) -> Scripted:
        with self._counting:
            self._count += 1
            if self._count % 2:
                return error_response(429, Retry_After="0")
            self.created += 1
            return data_response({})


def at_once(call: Callable[[], object], times: int) -> list[object]:
    with ThreadPoolExecutor(4) as pool:
        return [each.result(60) for each in [pool.submit(call) for _ in range(times)]]


def test_registrations_of_four_threads_all_pass_under_a_limit(
    make_transport: MakeTransport,
) -> None:
    reports: list[str] = []
    server = LimitingServer()
    with server:
        transport = make_transport(server.url, max_retries=1, notify=reports.append)
        responses = at_once(lambda: transport.send(REGISTRATION), 30)
        assert responses == [{"data": {}}] * 30
        assert server.created == 30
    assert reports == [
        f"{server.host} limits the rate of requests (429), so this run sends them more slowly"
    ]


def test_a_lasting_limit_ends_by_time(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    slept: list[float] = []
    server.always = error_response(429, Retry_After="50")
    with pytest.raises(OltError, match="returned 429"):
        make_transport(max_retries=1, sleep=slept.append).send(REGISTRATION)
    assert slept == [pytest.approx(50.0, abs=0.5)] * 3


def test_without_retries_a_limit_is_an_error_at_once(
    server: ScriptedServer, make_transport: MakeTransport, sleeps: list[float]
) -> None:
    server.always = error_response(429, Retry_After="1")
    with pytest.raises(OltError, match="returned 429"):
        make_transport(max_retries=0).send(REGISTRATION)
    assert (len(server.received), sleeps) == (1, [])


def test_failures_beside_a_limit_are_counted(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    server.enqueue(
        error_response(429), error_response(429), error_response(503), error_response(429)
    )
    server.always = error_response(503)
    with pytest.raises(OltError, match="returned 503"):
        make_transport(max_retries=1).send(Request("GET", "/x"))
    assert len(server.received) == 5
