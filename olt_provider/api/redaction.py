"""Remove secrets from texts of servers and libraries.

A gateway may repeat a secret in another form: percent-encoded, as Base64 in a ``Basic`` header,
with JSON escapes, or in other letter case as part of a host. So every secret that this process uses
is remembered, whichever request it belongs to, and a text is decoded in all these ways before any
of it is shown.
"""

from __future__ import annotations

import base64
import html
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

MARK: Final = "[secret]"
SHORTEST: Final = 8
"""Shorter secrets are removed from messages of their own request only: other texts match them."""
SHORTEST_SENT: Final = 4
MOST: Final = 4096
LONGEST: Final = 8192
DEPTH: Final = 3
SECRET_FIELDS: Final = frozenset(
    {"access_token", "refresh_token", "id_token", "client_secret", "secret"}
)

_lock = threading.Lock()
_in_use: dict[str, None] = {}


def remember(secret: str | None) -> None:
    """Remove ``secret`` from every text that is shown from now on."""
    text = (secret or "").strip()[:LONGEST]
    if len(text) < SHORTEST:
        return
    with _lock:
        _in_use.pop(text, None)
        _in_use[text] = None
        while len(_in_use) > MOST:
            del _in_use[next(iter(_in_use))]


def remember_all(body: Any) -> None:
    """Remember the secrets in a decoded response, which are the values of certain names."""
    waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            for key, each in value.items():
                if key in SECRET_FIELDS and isinstance(each, str):
                    remember(each)
                elif isinstance(each, dict | list):
                    waiting.append(each)


def shown(text: str, limit: int, sent: Iterable[str] = ()) -> str:
    """Return at most ``limit`` characters of ``text``, on one line and without any known secret.

    ``sent`` are the secrets of this request.
    """
    with _lock:
        secrets = {*_in_use, *(each for each in sent if len(each) >= SHORTEST_SENT)}
    margin = 6 * max(map(len, secrets), default=0)  # a JSON escape is the longest encoding
    piece = text[: limit + margin]
    redacted = _redacted(piece, sorted(secrets, key=len, reverse=True))
    if len(piece) < len(text):  # the cut may have removed the end of a secret
        redacted = redacted[: max(0, len(redacted) - margin)]
    return one_line(redacted)[:limit]


def one_line(text: str) -> str:
    """Return the text without line breaks and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _redacted(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        if secret.lower() in text.lower():
            text = re.sub(re.escape(secret), MARK, text, flags=re.IGNORECASE)
    needles = [_folded(secret) for secret in secrets]
    if not _holds(text, needles):
        return text
    words = re.split(r"(\s+)", text)
    text = "".join(MARK if _holds(word, needles) else word for word in words)
    return MARK if _holds(text, needles) else text


def _holds(text: str, needles: Sequence[str]) -> bool:
    """Whether ``text`` holds a secret, encoded up to ``DEPTH`` times."""
    views, seen = {text}, {text}
    for _ in range(DEPTH):
        views = {view for each in views for view in _decoded(each)} - seen
        seen |= views
        views = {view for view in views if view.isprintable()}  # the rest is no text to decode
    folded = [_folded(view) for view in seen]
    return any(needle in view for view in folded for needle in needles)


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()


def _decoded(text: str) -> Iterator[str]:
    for decode in (unquote, unquote_plus, html.unescape, _unescaped):
        yield decode(text)
    runs = _RUN.findall("".join(text.split()).translate(_URL_SAFE))
    for offset in range(4):
        pieces = [_from_base64(run[offset:]) for run in runs]
        yield from (" ".join(piece.decode(code, "replace") for piece in pieces) for code in _CODES)


_RUN: Final = re.compile(r"[A-Za-z0-9+/]{6,}")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_CODES: Final = ("utf-8", "latin-1")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)


def _unescaped(text: str) -> str:
    def character(escape: re.Match[str]) -> str:
        code = escape[1] or escape[2]
        return chr(int(code, 16)) if code else escape[3]

    return _ESCAPE.sub(character, text)


def _from_base64(run: str) -> bytes:
    whole = run[:-1] if len(run) % 4 == 1 else run
    return base64.b64decode(whole + "=" * (-len(whole) % 4))
