"""Pages of lists, with the meta block of each endpoint."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator, Field

from olt_provider.emulator import contract
from olt_provider.emulator.authentication import StateOf
from olt_provider.emulator.models import Meta
from olt_provider.emulator.variants import page_limits


def _digits(value: Any) -> Any:
    # The library would accept " 1.0" too.
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError("a number in digits is expected")
    return value


_Digits = BeforeValidator(_digits)
_Page = Annotated[int, Field(ge=0, le=contract.ASSUMED_MAX_PAGE), _Digits]
_PageSize = Annotated[int, Field(ge=1, le=contract.MAX_PAGE_SIZE), _Digits, Query(alias="pageSize")]


class Paging(NamedTuple):
    """The requested page."""

    page: int
    limit: int

    @property
    def offset(self) -> int:
        """The number of items before the page."""
        return self.page * self.limit

    def totals(self, items: int) -> Meta:
        """Return the meta block with both totals."""
        pages = -(-items // self.limit)
        return Meta(page=self.page, page_size=self.limit, items_total=items, pages_total=pages)

    def total_size(self, items: int) -> Meta:
        """Return the meta block with one total, named ``totalSize``."""
        return Meta(page=self.page, page_size=self.limit, total_size=items)

    def bare(self) -> Meta:
        """Return the meta block without totals."""
        return Meta(page=self.page, page_size=self.limit)


async def _paging(
    request: Request,
    state: StateOf,
    page: _Page = 0,
    page_size: _PageSize = contract.DEFAULT_PAGE_SIZE,
) -> Paging:
    default, most = page_limits(state.variants)
    wanted = page_size if "pageSize" in request.query_params else default
    return Paging(page, min(wanted, most))


PagingOf = Annotated[Paging, Depends(_paging)]
