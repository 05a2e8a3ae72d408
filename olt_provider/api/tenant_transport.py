"""The transport of requests that are authenticated as one tenant."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final

from olt_provider.api.errors import ApiError, RequestError
from olt_provider.api.model import M, data_of, parse
from olt_provider.api.paging import all_pages
from olt_provider.api.request import Request
from olt_provider.api.retry import Repeat
from olt_provider.api.tokens import TokenSource
from olt_provider.api.transport import BearerAuth, Transport

UNAUTHORIZED: Final = 401

log = logging.getLogger("olt_provider.api")


class TenantTransport:
    """Sends requests with a token of one tenant. ``None``: the only tenant of the credentials."""

    def __init__(self, transport: Transport, tokens: TokenSource, tenant_id: str | None) -> None:
        self._transport = transport
        self._tokens = tokens
        self.tenant_id = tenant_id

    @property
    def base_url(self) -> str:
        """The API base URL."""
        return self._transport.base_url

    def notify(self, report: str) -> None:
        """Report, in one line, a problem that does not fail a call."""
        self._transport.notify(report)

    def own_tenant(self) -> str | None:
        """The tenant of the token, if the credentials determine it."""
        return self.tenant_id or self._tokens.tenant()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        repeat: Repeat = Repeat.SAFELY,
    ) -> Any:
        """Send a request and return the decoded body. ``path`` is relative to the API base URL.

        Raises ``ConfigurationError`` or ``TokenError`` if there is no usable token, and the errors
        of ``Transport.send``. After a 401 the token is renewed and the request sent once more; the
        error of a write still states whether any try of it may have been carried out.
        """
        request = Request(
            method, path, tenant=self.tenant_id, params=params, json=json, repeat=repeat
        )
        used = ""

        def authorize() -> BearerAuth:
            nonlocal used
            used = self._tokens.token(self.tenant_id)
            return BearerAuth(used)

        try:
            return self._transport.send(request, authorize=authorize)
        except ApiError as error:
            # A 401 changed nothing, so even a registration may be sent again, once.
            if error.status != UNAUTHORIZED or not self._tokens.renew(self.tenant_id, used):
                raise
            lost = error.may_have_changed
        return self._transport.send(request, authorize=authorize, may_have_changed=lost)

    def item(
        self,
        model: type[M],
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        repeat: Repeat = Repeat.SAFELY,
    ) -> M:
        """Send a request that returns ``{"data": {...}}``, and parse it as a ``model``."""
        source = f"{method} {path}"
        body = self.send(method, path, json=json, repeat=repeat)
        try:
            return parse(model, data_of(body, source=source), source=source)
        except RequestError as error:
            error.may_have_changed = method != "GET"
            raise

    def readable_pages(
        self, model: type[M], path: str, params: Mapping[str, Any] | None = None
    ) -> Iterator[list[M]]:
        """Yield the pages of a list, without the items that cannot be parsed as a ``model``."""
        source = f"GET {path}"
        pages = self._raw_pages(path, params)
        return ([*_readable(model, page, source)] for page in pages)

    def items(self, model: type[M], path: str, *, may_be_unpaged: bool = False) -> Iterator[M]:
        """Yield the items of a list, each parsed as a ``model``, page by page as needed."""
        source = f"GET {path}"
        items = self.raw_items(path, may_be_unpaged=may_be_unpaged)
        return (parse(model, item, source=source) for item in items)

    def raw_items(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        may_be_unpaged: bool = False,
    ) -> Iterator[Any]:
        """Yield the items of a list unparsed, page by page as needed."""
        return chain.from_iterable(self._raw_pages(path, params, may_be_unpaged=may_be_unpaged))

    def _raw_pages(
        self, path: str, params: Mapping[str, Any] | None, *, may_be_unpaged: bool = False
    ) -> Iterator[list[Any]]:
        return all_pages(
            lambda page, size: self.send(
                "GET", path, params={**(params or {}), "page": page, "pageSize": size}
            ),
            source=f"GET {path}",
            may_be_unpaged=may_be_unpaged,
        )


def _readable(model: type[M], page: list[Any], source: str) -> Iterator[M]:
    for item in page:
        try:
            yield parse(model, item, source=source)
        except RequestError as error:
            log.debug("left out of a list: %s", error)
