"""Backoff that all threads share while the platform limits the request rate (429)."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

FIRST_INTERVAL: Final = 0.1
"""The first interval between requests, in seconds, if the platform sends no ``Retry-After``."""
RETRY_AFTER_SHARE: Final = 0.25
"""The first interval as a share of ``Retry-After``, which is often rounded up to whole seconds."""
FASTER: Final = 0.8
SLOWER: Final = 2.0
CLOSE: Final = 1.05
JITTER: Final = 0.05
"""The largest random addition to an interval, as a share of it."""
FIRST_PROBE: Final = 0.05
PROBE_SHARE: Final = 0.15
"""The wait before the first probe after an interval proved too short, as a share of it."""
PROBE_GROWTH: Final = 1.5
MAX_PROBE_WAIT: Final = 20.0
UNLIMITED_BELOW: Final = 0.02
"""An interval, in seconds, below which requests are not paced any more."""
PASSES: Final = 16
"""How many requests have to pass before a shorter interval is tried, once one was refused. It
doubles with each refusal, up to ``MAX_PASSES``."""
MAX_PASSES: Final = 128


class Start(NamedTuple):
    """A started request: when, how long after the one before, and whether it is a probe."""

    at: float
    gap: float
    is_probe: bool


class Pacing:
    """When the next request may start. A state machine over times in seconds, without threads.

    After a 429 only one request at a time is sent, a probe, after ``Retry-After`` or
    else after waits that grow. Once a probe passes, requests start at an interval. It shrinks while
    they pass, returns to the last good one when one is refused, and closes in between the two.
    """

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._jitter = jitter
        self._interval: float | None = None
        self._good: float | None = None
        self._failed = 0.0
        self._last_start = 0.0
        self._probing = False
        self._probes = 0
        self._has_retry_after = False
        self._refused_at = 0.0
        self._passes = 0
        self._needed = 1
        self._recent: deque[float] = deque(maxlen=20)
        self.next_start = 0.0
        """When the next request may start."""
        self.blocked = False
        """Whether a probe is in flight, so that nothing else may start."""

    def start(self, now: float) -> Start:
        """Record that a request starts."""
        start = Start(now, now - self._last_start, self._probing)
        self._last_start = now
        self.blocked = self._probing
        self._schedule(now)
        return start

    def _schedule(self, start: float) -> None:
        if self._interval is not None:
            self.next_start = start + self._interval * (1 + JITTER * self._jitter())

    def refused(self, now: float, start: Start, retry_after: float) -> None:
        """Record a 429. ``retry_after`` is its ``Retry-After`` in seconds, 0 if it has none."""
        if start.is_probe:
            self.blocked = False
        elif self._probing or start.at < self._refused_at:
            # it started before an earlier refusal, so it shows nothing new
            self.next_start = max(self.next_start, now + retry_after)
            return
        else:
            self._slow_down(start.gap, retry_after)
        self._probing, self._has_retry_after = True, retry_after > 0
        self._refused_at = now
        self.next_start = now + (retry_after or self._probe_wait())
        self._probes += 1

    def _slow_down(self, gap: float, retry_after: float) -> None:
        self._passes = self._probes = 0
        if self._interval is None:
            self._interval = retry_after * RETRY_AFTER_SHARE if retry_after else FIRST_INTERVAL
            self._good, self._failed, self._needed = None, 0.0, 1
            return
        self._failed = gap
        if self._good is None or self._good <= gap:
            self._good = min(max(self._rate(), gap * CLOSE), gap * SLOWER)
        self._interval = self._good
        self._needed = min(2 * max(self._needed, PASSES), MAX_PASSES)

    def _probe_wait(self) -> float:
        first = max(FIRST_PROBE, PROBE_SHARE * (self._interval or 0.0))
        growing = first * PROBE_GROWTH ** min(self._probes, 40)
        return min(growing, MAX_PROBE_WAIT) * (0.75 + 0.5 * self._jitter())

    def passed(self, start: Start) -> None:
        """Record a response other than 429."""
        since_last = start.at - self._recent[-1] if self._recent else 0.0
        self._recent.append(start.at)
        if self._interval is None:
            return
        if start.is_probe:
            self.blocked = self._probing = False
            # only requests that passed show the rate
            if self._good is None and not self._has_retry_after:
                self._interval = max(self._interval, min(self._rate(), since_last))
            self._schedule(start.at)
        elif not self._probing:
            self._speed_up(start.gap, self._interval)

    def _rate(self) -> float:
        """The interval at which requests have passed recently."""
        spans = len(self._recent) - 1
        return (self._recent[-1] - self._recent[0]) / spans if spans > 0 else 0.0

    def _speed_up(self, gap: float, interval: float) -> None:
        self._good = gap if self._good is None else min(self._good, gap)
        self._passes += 1
        if self._passes < self._needed:
            return
        self._passes = 0
        if self._good < self._failed * CLOSE:  # the limit may have been raised in the meantime
            self._failed = 0.0
        faster = max(self._good * FASTER, (self._good + self._failed) / 2)
        self._interval = min(interval, faster)
        if self._interval < UNLIMITED_BELOW:
            self._interval = None

    def ended(self, start: Start) -> None:
        """Record that no response came, or nothing was sent: another request may be the probe."""
        if start.is_probe:
            self.blocked = False


class SharedBackoff:
    """Delays requests while the platform limits their rate. Shared by all threads of a process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._pacing = Pacing()

    def left(self) -> float:
        """The seconds until the next request may start."""
        with self._changed:
            return max(0.0, self._pacing.next_start - self._monotonic())

    @contextmanager
    def turn(self, sleep: Callable[[float], None]) -> Iterator[Turn]:
        """Wait until a request may start. Its outcome is reported to the returned ``Turn``.

        ``sleep`` waits for a number of seconds, and may raise.
        """
        turn = Turn(self._pacing, self._changed, self._monotonic, self._start(sleep))
        try:
            yield turn
        finally:
            turn.end()

    def _start(self, sleep: Callable[[float], None]) -> Start:
        slept_until = 0.0
        while True:
            with self._changed:
                while self._pacing.blocked:
                    self._changed.wait(1.0)
                now, next_start = self._monotonic(), self._pacing.next_start
                if next_start <= max(now, slept_until):
                    return self._pacing.start(now)
            slept_until = next_start
            sleep(next_start - now)


class Turn:
    """The permission to send one request."""

    def __init__(
        self,
        pacing: Pacing,
        changed: threading.Condition,
        monotonic: Callable[[], float],
        start: Start,
    ) -> None:
        self._pacing = pacing
        self._changed = changed
        self._monotonic = monotonic
        self._start: Start | None = start

    def refused(self, retry_after: float) -> None:
        """Record a 429. ``retry_after`` is its ``Retry-After`` in seconds, 0 if it has none."""
        self._end(lambda start: self._pacing.refused(self._monotonic(), start, retry_after))

    def passed(self) -> None:
        """Record a response other than 429."""
        self._end(self._pacing.passed)

    def end(self) -> None:
        """End the turn. If neither ``refused`` nor ``passed`` was called, there was no response."""
        self._end(self._pacing.ended)

    def _end(self, note: Callable[[Start], None]) -> None:
        with self._changed:
            if self._start is not None:
                note(self._start)
                self._start = None
                self._changed.notify_all()
