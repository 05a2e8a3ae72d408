"""Map failed HTTP requests to errors with a remedy. No error quotes a response body."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import requests
from requests import exceptions
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    InvalidHeader,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
)
from urllib3.util import Retry

from olt_provider.api.errors import (
    REQUEST_TIMEOUT,
    SERVER_ERROR,
    ApiError,
    RequestError,
    TooLargeError,
)
from olt_provider.api.options import Naming, as_parameter
from olt_provider.api.redaction import SECRET_FIELDS, one_line, remember_all, shown
from olt_provider.api.request import Request


class Destination(NamedTuple):
    """The server of a request, the time limit of a try in seconds, and the parameters' names."""

    base_url: str
    timeout: float
    naming: Naming = as_parameter

    @property
    def host(self) -> str:
        """The host and port."""
        return urlsplit(self.base_url).netloc


PLATFORM_ERROR = ("errorCode", "errorMessage")
OAUTH_ERROR = ("error", "error_description")
MAX_TEXT: Final = 300
MAX_HOST: Final = 100
MAX_KIND: Final = 60


def unusable(
    request: Request, reason: str, *, temporary: bool = False, remedy: str = ""
) -> RequestError:
    """Return the error for a response that arrived but cannot be used."""
    return RequestError(_line(request, reason), sent=True, temporary=temporary, remedy=remedy)


def unexpected(request: Request, error: Exception) -> RequestError:
    """Return the error for any other exception during a write, which may have been carried out."""
    return unusable(request, f"unexpected {type(error).__name__}")


def too_large(request: Request, limit: int) -> TooLargeError:
    """Return the error for a body over the limit, in bytes."""
    return TooLargeError(
        _line(request, f"the response is over {limit // 2**20} MiB"), sent=True, temporary=False
    )


def unreadable(
    request: Request, destination: Destination, response: requests.Response
) -> RequestError:
    """Return the error for a body that is not JSON."""
    return unusable(
        request,
        f"returned {response.status_code} with a body that is not JSON "
        f"({_kind(request, response)}); is {destination.base_url} the platform's address?",
    )


def redirected(request: Request, response: requests.Response) -> RequestError:
    """Return the error for a redirect, which is never followed."""
    where = "another path"
    with suppress(ValueError):  # a Location header may hold any text
        target = urlsplit(response.headers.get("Location", ""))
        if target.hostname:
            host = f"{target.scheme}://{target.hostname}"
            where = shown(host, MAX_HOST, _sent(request, response))
    return unusable(
        request,
        f"returned {response.status_code}, a redirect to {where}; redirects are not followed, "
        "because a token must not reach another host: set the right base URL",
    )


def refused(
    request: Request, destination: Destination, response: requests.Response, body: bytes
) -> ApiError:
    """Return the error for a status of 400 or above."""
    keys = OAUTH_ERROR if request.form is not None else PLATFORM_ERROR
    code, message = _envelope(body, keys, _sent(request, response))
    status, kind = response.status_code, _kind(request, response)
    reason = ": ".join(filter(None, (code, message))) or f"with no platform error ({kind})"
    remedy = _remedy(status, destination.naming)
    if code is None and message is None and status not in BUSY and status < SERVER_ERROR:
        remedy = f"is {destination.base_url} the platform's address?"
    elif request.form is not None:  # the source of the token has a better one
        remedy = ""
    error = ApiError(
        _line(request, f"returned {status} {reason}{f'; {remedy}' if remedy else ''}"),
        status=status,
        error_code=code,
        error_message=message,
        retry_after=_retry_after(response),
    )
    error.remedy = remedy
    return error


BUSY = frozenset({REQUEST_TIMEOUT, 425, 429})
_REMEDIES = {
    401: (
        "the token is not accepted: it has expired, was revoked, or is of another platform than "
        "{api_url}, so set a new one"
    ),
    403: "the credentials lack the permission, which the roles owner and writer have",
    404: "check the ID, and whether the credentials are of the tenant that it belongs to",
    409: "something else changes it at this moment, so run the same again",
}


def _slow(naming: Naming) -> str:
    return f"try again later, or raise {naming('request_timeout')}"


def _remedy(status: int, naming: Naming) -> str:
    if status in BUSY:
        return "the platform is busy, so try again later"
    if status >= SERVER_ERROR:
        return "the platform failed, so try again later, and report it to its operator if it lasts"
    remedy = _REMEDIES.get(status, "correct what the platform does not accept")
    return remedy.format(api_url=naming("api_url"))


def no_response(request: Request, destination: Destination, error: Exception) -> RequestError:
    """Return the error for a connection that failed, broke off or timed out."""
    base_url, timeout, naming = destination
    host = destination.host
    sent, temporary, remedy = True, True, "try again later"
    if _certificate_refused(error):
        reason, sent, temporary = f"the TLS certificate of {host} was refused", False, False
        remedy = f"for a private certificate authority set {naming('ca_bundle')} to its PEM file"
    elif _never_connected(error) and _proxy_failed(error):
        reason, sent = f"could not connect to {host}: the proxy could not be reached", False
        remedy = "check the network, HTTPS_PROXY and NO_PROXY"
    elif _never_connected(error):
        reason, sent = f"could not connect to {host}", False
        remedy = f"check the network, and whether {base_url} is the platform's address"
    elif refusal := _refused_tunnel(error):
        reason, sent = (
            f"could not connect to {host}: the proxy returned {refusal} to CONNECT",
            False,
        )
        remedy = "check HTTPS_PROXY and NO_PROXY"
    elif isinstance(error, exceptions.InvalidURL | exceptions.InvalidSchema):
        reason, sent, temporary = f"no URL that can be used to reach {host}", False, False
        remedy = "check the base URL, and that of the proxy in HTTPS_PROXY"
    elif isinstance(error, exceptions.Timeout):
        reason = f"no response from {host} within {timeout:g} s"
        remedy = _slow(naming)
    elif isinstance(error, DecodeError):
        reason, temporary = f"an unreadable response from {host}", False
        remedy = f"is {base_url} the platform's address?"
    elif isinstance(error, exceptions.InvalidHeader):
        reason, sent, temporary = "a credential holds characters that HTTP forbids", False, False
        remedy = "copy it again, as one line"
    else:
        reason = f"the connection to {host} broke off"
    return RequestError(_line(request, reason), sent=sent, temporary=temporary, remedy=remedy)


def too_late(
    request: Request, destination: Destination, *, sent: bool, headers_arrived: bool
) -> RequestError:
    """Return the error for a request that was ended at its deadline.

    ``headers_arrived``: whether the response's headers arrived before it.
    """
    timeout, host = destination.timeout, destination.host
    if headers_arrived:
        reason = f"the response took too long to arrive, over {timeout:g} s"
    else:
        reason = f"no {'response from' if sent else 'connection to'} {host} within {timeout:g} s"
    remedy = _slow(destination.naming)
    return RequestError(_line(request, reason), sent=sent, temporary=True, remedy=remedy)


def _sent(request: Request, response: requests.Response) -> list[str]:
    """The secrets of the request, which a gateway may repeat in its response."""
    authorization = response.request.headers.get("Authorization", "")
    form = request.form or {}
    return [authorization.removeprefix("Bearer "), *(form[key] for key in SECRET_FIELDS & {*form})]


def _line(request: Request, reason: str) -> str:
    tenant = f" (authenticated as tenant {request.tenant})" if request.tenant else ""
    return one_line(f"{request}{tenant}: {reason}")


def _kind(request: Request, response: requests.Response) -> str:
    kind = response.headers.get("Content-Type", "no content type")
    return shown(kind, MAX_KIND, _sent(request, response))


def _never_connected(error: Exception) -> bool:
    """Whether no TCP connection was made, to the host or to the proxy in front of it.

    A ``ProxyError`` alone does not prove this: urllib3 raises one for every connection that ends,
    also after the request was sent through the tunnel.
    """
    return isinstance(_reason(error), NewConnectionError | ConnectTimeoutError)


def _proxy_failed(error: Exception) -> bool:
    """Whether urllib3 attributes the failure to the proxy."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, ProxyError)


_TUNNEL_REFUSED: Final = re.compile(r"Tunnel connection failed: (\d{3})")


def _refused_tunnel(error: Exception) -> str | None:
    """The status with which a proxy refused a tunnel. ``http.client`` reports it in a text only."""
    reason = _reason(error)
    refused = _TUNNEL_REFUSED.match(str(reason)) if type(reason) is OSError else None
    return refused.group(1) if refused else None


def _certificate_refused(error: Exception) -> bool:
    """Whether the TLS handshake failed. A connection that breaks later is an ``SSLError`` too."""
    reason = _reason(error)
    cause = reason.args[0] if reason is not None and reason.args else None
    return isinstance(cause, ssl.SSLCertVerificationError)


def _reason(error: Exception) -> Exception | None:
    """The cause inside the exceptions with which requests and urllib3 wrap it."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    return reason.original_error if isinstance(reason, ProxyError) else reason


def _envelope(
    body: bytes, keys: tuple[str, str], sent: Iterable[str]
) -> tuple[str | None, str | None]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(value, dict):
        return None, None
    remember_all(value)
    code, message = (value.get(key) for key in keys)
    return _text(code, sent), _text(message, sent)


def _text(value: object, sent: Iterable[str]) -> str | None:
    return shown(value, MAX_TEXT, sent) or None if isinstance(value, str) else None


def _retry_after(response: requests.Response) -> float | None:
    """The seconds of ``Retry-After``. A date is compared with ``Date`` of the same response."""
    header = response.headers.get("Retry-After")
    if header is None:
        return None
    try:
        seconds = Retry().parse_retry_after(header)
        if header.strip().isdigit() or "Date" not in response.headers:
            return seconds
        until, now = (parsedate_to_datetime(each) for each in (header, response.headers["Date"]))
        return max(0.0, (until - now).total_seconds())
    except (InvalidHeader, TypeError, ValueError, OverflowError):
        return None
