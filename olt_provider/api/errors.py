"""The errors of this package. Every message is one line without secrets."""

from __future__ import annotations

from typing import Final

REQUEST_TIMEOUT: Final = 408
SERVER_ERROR: Final = 500
"""From this status on, and after 408, the request may have been carried out all the same."""


class OltError(Exception):
    """The base of all errors of this package.

    The message is one line that names what is wrong and what to do. It never holds a token or a
    secret.
    """

    remedy = ""
    """What to do, if the message ends with it."""

    may_have_changed = False
    """Whether a write that failed with this error may have been carried out all the same, in any
    try of it. It is set on every error of a ``Transport``, of any class."""

    field: str | None = None
    """The parameter of the client that is wrong, where it is one."""

    @property
    def reason(self) -> str:
        """The message without its remedy, for errors that add another one."""
        return str(self).removesuffix(f"; {self.remedy}") if self.remedy else str(self)


class ConfigurationError(OltError):
    """A setting or a credential is missing, contradictory or invalid. Nothing was sent."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class WrongTenantError(ConfigurationError):
    """The credentials belong to another tenant than the one required. Nothing was sent."""


class TokenError(OltError):
    """The token endpoint returned no usable token, so this try sent nothing to the API."""


class RequestError(OltError):
    """A request got no usable response: no connection, a time-out, a cut-off or unreadable body.

    ``sent`` is false only if this try of the request certainly never reached the platform.
    ``temporary``: whether the same request may succeed a moment later. ``remedy`` is what to
    do, put at the end of the message.
    """

    def __init__(self, message: str, *, sent: bool, temporary: bool, remedy: str = "") -> None:
        super().__init__(f"{message}; {remedy}" if remedy else message)
        self.remedy = remedy
        self.sent = sent
        self.may_have_changed = sent
        self.temporary = temporary


class UnreadableError(RequestError):
    """A value in a response does not have the documented form."""


class TooLargeError(RequestError):
    """A response body is over the limit and was not read. A smaller page of the list may fit."""


class ApiError(OltError):
    """The platform, or a gateway in front of it, refused a request.

    ``status`` is the HTTP status. ``error_code`` and ``error_message`` come from the platform's
    error envelope ``{"errorMessage", "errorCode"}``, or, for the token endpoint, from ``{"error",
    "error_description"}``. Both are ``None`` if the body was no such envelope, so that the response
    may not be the platform's. ``retry_after`` is the value of ``Retry-After``, in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        error_code: str | None = None,
        error_message: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code
        self.error_message = error_message
        self.retry_after = retry_after
        self.may_have_changed = status >= SERVER_ERROR or status == REQUEST_TIMEOUT

    @property
    def from_platform(self) -> bool:
        """Whether the body was the platform's error envelope."""
        return self.error_code is not None or self.error_message is not None
