"""HTTP transport: one pooled session, retries, and errors that name a remedy."""

from __future__ import annotations

import json
import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception
from urllib3.exceptions import HTTPError

from olt_provider._version import __version__
from olt_provider.api.bodies import ACCEPTED, OverLimitError, read_body
from olt_provider.api.clock import ServerClock
from olt_provider.api.connections import WatchedAdapter
from olt_provider.api.deadline import Deadline
from olt_provider.api.error_mapping import (
    Destination,
    no_response,
    redirected,
    refused,
    too_large,
    too_late,
    unexpected,
    unreadable,
)
from olt_provider.api.errors import ApiError, ConfigurationError, OltError
from olt_provider.api.options import (
    DEFAULT_MAX_CONNECTIONS,
    DEFAULT_MAX_RETRIES,
    DEFAULT_REQUEST_TIMEOUT,
    Naming,
    as_parameter,
)
from olt_provider.api.redaction import remember, remember_all
from olt_provider.api.request import Request
from olt_provider.api.retry import MAX_WAIT, Call, failure_of, is_limit, wait_before_next
from olt_provider.api.shared_backoff import SharedBackoff, Turn

CONNECT_TIMEOUT: Final = 10.0
MAX_BODY: Final = 8 * 1024 * 1024
REPORTED_WAIT: Final = 3.0
"""Seconds from which on a wait is reported to the user."""

log = logging.getLogger("olt_provider.api")


class BearerAuth(AuthBase):
    """Sets the ``Authorization`` header. An auth object, so that a ``.netrc`` cannot replace it.

    Raises ``ConfigurationError`` for a token that a header cannot hold, such as one with a line
    break.
    """

    def __init__(self, token: str) -> None:
        # http.client would refuse it too, with an exception that shows the token
        if not (token.isascii() and token.isprintable()):
            raise ConfigurationError(
                "the access token holds characters that HTTP forbids, such as a line break: copy "
                "it again, as one line"
            )
        remember(token)
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class NoAuth(AuthBase):
    """Sets no ``Authorization`` header, and prevents that a ``.netrc`` sets one."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _readable(ca_bundle: str | None, naming: Naming) -> str | None:
    try:
        if ca_bundle is not None:
            ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:
        reason = "no certificate in it" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigurationError(
            f"{naming('ca_bundle')} must be a PEM file with the certificates of an authority, but "
            f"{ca_bundle!r} cannot be used: {reason}",
            field="ca_bundle",
        ) from None
    return ca_bundle


class _Session(requests.Session):
    """A session that does not parse the target of a redirect, which may be malformed."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Transport:
    """Sends requests to one base URL and returns decoded responses. Safe to share by threads.

    ``request_timeout`` is how long, in seconds, one try of a request may take, from connecting to
    the last byte of its response (default 30); connecting may take 10. ``max_retries`` is how often
    a request is repeated (default 5). ``connections`` is how many requests may run at once, each on
    a connection of its own (default 4). ``ca_bundle`` is the path of a PEM file with a private
    certificate authority; certificates are always verified. ``notify`` is called, with one line,
    for each wait that takes more than a few seconds. ``naming`` is how errors call parameters. The
    rules of repetition are those in ``OltClient``.

    Raises ``ConfigurationError`` if ``ca_bundle`` is not a readable file with certificates.
    """

    def __init__(
        self,
        base_url: str,
        *,
        request_timeout: float = DEFAULT_REQUEST_TIMEOUT,
        max_retries: int = DEFAULT_MAX_RETRIES,
        connections: int = DEFAULT_MAX_CONNECTIONS,
        ca_bundle: str | None = None,
        user_agent: str = "",
        notify: Callable[[str], None] = log.info,
        sleep: Callable[[float], None] = time.sleep,
        naming: Naming = as_parameter,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._destination = Destination(self.base_url, request_timeout, naming)
        self._timeout = (min(CONNECT_TIMEOUT, request_timeout), request_timeout)
        self._max_retries = max_retries
        self._connections = connections
        self._free = threading.BoundedSemaphore(connections)
        self._ca_bundle = _readable(ca_bundle, naming)
        self._user_agent = " ".join(
            filter(
                None, (f"pulumi-olt/{__version__}", user_agent, f"requests/{requests.__version__}")
            )
        )
        self.notify = notify
        self._sleep = sleep
        self.clock = ServerClock()
        self._backoff = SharedBackoff()
        self._limited = False
        self._session: requests.Session | None = None
        self._lock = threading.Lock()
        self.writes = 0
        """The number of writes begun and ended. A value read at another count may be outdated."""
        self.additions = 0
        """The same without ``DELETE``. An ID that a list lacked at this count is still missing."""

    def send(
        self,
        request: Request,
        *,
        authorize: Callable[[], AuthBase] = NoAuth,
        may_have_changed: bool = False,
    ) -> Any:
        """Send ``request``, repeating it as its ``repeat`` allows; return the decoded body.

        ``authorize`` is called before every try, so that a token that expired during a wait is
        replaced. ``may_have_changed``: the request was sent before and may have been carried out.
        Raises ``ApiError`` if the platform refuses the request, ``RequestError`` if no usable
        response arrives, and the errors of ``authorize`` and of the wait. Each ``OltError`` of a
        write states whether any try of it may have been carried out.
        """
        lost = may_have_changed and request.writes
        call = Call(self._max_retries, self._sleep)
        value: Any = None
        retrying = Retrying(
            retry=retry_if_exception(request.repeat.allows),
            stop=call.is_over,
            wait=self._wait_before_next,
            sleep=call.sleep_before_repetition,
            before_sleep=lambda state: self._report_wait(request, state),
            reraise=True,
        )
        self._count(request)
        try:
            for attempt in retrying:
                with attempt, self._backoff.turn(call.sleep) as turn, self._connection():
                    call.begin()
                    try:
                        value = self._attempt(request, authorize)
                    except OltError as error:
                        call.failed(error)
                        self._share(turn, error)
                        lost = lost or (request.writes and error.may_have_changed)
                        error.may_have_changed = lost
                        raise
                    turn.passed()
            return value
        except OltError as error:  # raised by a try, or by the wait after one
            error.may_have_changed = lost
            raise
        except Exception as error:
            if not request.writes:
                raise
            raise unexpected(request, error) from error
        finally:
            self._count(request)

    def _count(self, request: Request) -> None:
        if request.writes:
            with self._lock:
                self.writes += 1
                self.additions += request.method != "DELETE"

    def close(self) -> None:
        """Close the connections. The next request opens new ones."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()

    def _wait_before_next(self, state: RetryCallState) -> float:
        left = self._backoff.left()
        return left if is_limit(failure_of(state)) else max(wait_before_next(state), left)

    def _share(self, turn: Turn, error: OltError) -> None:
        """Slow all threads down after a 429, even if this call is not repeated."""
        if not isinstance(error, ApiError):
            return
        retry_after = error.retry_after or 0.0
        if not is_limit(error):
            turn.passed()
        elif retry_after <= MAX_WAIT:
            turn.refused(retry_after)
            if not self._limited:
                self._limited = True
                self.notify(
                    f"{urlsplit(self.base_url).netloc} limits the rate of requests (429), so this "
                    "run sends them more slowly"
                )

    def _report_wait(self, request: Request, state: RetryCallState) -> None:
        wait, reason = state.upcoming_sleep, failure_of(state)
        log.debug("%s: trying again in %.1f s", request, wait)
        if wait > REPORTED_WAIT and not is_limit(reason):
            cause = reason.reason if isinstance(reason, OltError) else reason
            self.notify(f"waiting {wait:.0f} s before the next try: {cause}")

    def _open(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                session = _Session()
                # plain http is only used on this machine, so no proxy may be involved
                session.trust_env = not self.base_url.lower().startswith("http:")
                session.headers["User-Agent"] = self._user_agent
                session.headers["Accept"] = "application/json"
                session.headers["Accept-Encoding"] = ACCEPTED
                session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
                adapter = WatchedAdapter(
                    pool_connections=1,
                    pool_maxsize=self._connections,
                    pool_block=True,
                    max_retries=0,
                )
                session.mount("https://", adapter)
                session.mount("http://", adapter)
                self._session = session
            return self._session

    @contextmanager
    def _connection(self) -> Iterator[None]:
        """Wait for a free connection. The wait may be given up, as those between two tries."""
        waited = not self._free.acquire(blocking=False)
        if waited:
            self._free.acquire()
        try:
            if waited:
                self._sleep(0)
            yield
        finally:
            self._free.release()

    def _attempt(self, request: Request, authorize: Callable[[], AuthBase]) -> Any:
        session, auth = self._open(), authorize()
        started = time.monotonic()
        deadline = Deadline(self._timeout[1])
        response: requests.Response | None = None
        body, headers_arrived = b"", False
        try:
            with deadline:
                response = session.request(
                    request.method,
                    self.base_url + request.path,
                    params=request.params,
                    json=request.json,
                    data=request.form,
                    headers=dict(request.headers or {}),
                    auth=auth,
                    timeout=self._timeout,
                    allow_redirects=False,
                    verify=self._ca_bundle or True,
                    stream=True,
                )
                # http.client accepts headers that are cut off
                headers_arrived = not deadline.expired
                with response:
                    body = read_body(response, MAX_BODY)
        except OverLimitError:
            raise too_large(request, MAX_BODY) from None
        except (requests.RequestException, HTTPError) as error:
            if not deadline.expired:
                raise no_response(request, self._destination, error) from None
        if deadline.expired or response is None:
            raise too_late(
                request, self._destination, sent=deadline.sent, headers_arrived=headers_arrived
            )
        self.clock.observe(response.headers.get("Date"))
        log.debug(
            "%s: %d in %.0f ms", request, response.status_code, 1000 * (time.monotonic() - started)
        )
        return self._judge(request, response, body)

    def _judge(self, request: Request, response: requests.Response, body: bytes) -> Any:
        if 300 <= response.status_code < 400:
            raise redirected(request, response)
        if response.status_code >= 400:
            raise refused(request, self._destination, response, body)
        if not body:
            return None
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise unreadable(request, self._destination, response) from None
        if request.writes:  # it may hold a new token or client secret
            remember_all(value)
        return value
