"""Read response bodies, with limits on the bytes received and decoded."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

import requests
from urllib3.exceptions import DecodeError

ACCEPTED: Final = "gzip, deflate"
"""The content codings in ``Accept-Encoding``."""
MAX_CODINGS: Final = 3
PIECE: Final = 64 * 1024

GZIP: Final = zlib.MAX_WBITS | 16
ZLIB: Final = zlib.MAX_WBITS
RAW: Final = -zlib.MAX_WBITS


class OverLimitError(Exception):
    """The body is larger than the limit."""


def read_body(response: requests.Response, limit: int) -> bytes:
    """Return the decoded body. At most ``limit`` bytes of each coding are held in memory.

    Raises ``OverLimitError``, and the exceptions of urllib3, such as ``DecodeError``.
    """
    pieces = _limited(_arriving(response), limit)
    for coding in reversed(_codings(response.headers.get("Content-Encoding", ""))):
        pieces = _limited(_inflated(pieces, coding), limit)
    try:
        return b"".join(pieces)
    except zlib.error as error:
        raise DecodeError(str(error)) from None


def _arriving(response: requests.Response) -> Iterator[bytes]:
    """Yield the pieces as they arrive, because a full piece may never arrive."""
    while piece := response.raw.read1(PIECE, decode_content=False):
        yield piece


def _limited(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise OverLimitError
        yield piece


def _codings(header: str) -> list[str]:
    codings = [each.strip().lower() for each in header.split(",")]
    named = [each for each in codings if each not in ("", "identity")]
    if len(named) > MAX_CODINGS or not {*named} <= {"gzip", "x-gzip", "deflate"}:
        raise DecodeError("a content coding that the request does not accept")
    return named


def _inflated(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Yield the decompressed bytes in pieces of at most ``PIECE`` bytes."""
    inflater, empty = None, True
    for piece in pieces:
        if inflater is None:
            inflater = _inflater(piece, coding)
        data, empty = piece, False
        while True:
            inflated = inflater.decompress(data, PIECE)
            data = inflater.unconsumed_tail
            if inflated:
                yield inflated
            elif not inflater.eof and not data:
                break
            if inflater.eof:
                data = inflater.unused_data
                if coding == "deflate" or not data:
                    break
                inflater = zlib.decompressobj(GZIP)  # gzip allows several members
    if not empty and inflater is not None and not inflater.eof:
        raise DecodeError("a compressed body is cut off")


def _inflater(beginning: bytes, coding: str) -> zlib._Decompress:
    if coding != "deflate":
        return zlib.decompressobj(GZIP)
    # "deflate" is the zlib format; some servers send it without that format's two bytes
    wrapped = beginning[0] & 0x0F == zlib.DEFLATED and (
        len(beginning) < 2 or (beginning[0] * 256 + beginning[1]) % 31 == 0
    )
    return zlib.decompressobj(ZLIB if wrapped else RAW)
