"""A consumer of client credentials that fetches tokens from the token endpoint."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import requests

TOKEN = "/id/auth/realms/olt/protocol/openid-connect/token"


def token_status(identity_url: str, tenant_id: str, credentials: Mapping[str, str]) -> int:
    """The status of a token request with ``client_id`` and ``client_secret``."""
    form = {key: credentials[key] for key in ("client_id", "client_secret")}
    return requests.post(
        identity_url + TOKEN,
        data={"grant_type": "client_credentials", **form},
        headers={"tenant": tenant_id},
        timeout=30,
    ).status_code


@contextmanager
def fetching(
    identity_url: str, tenant_id: str, credentials: Callable[[], Mapping[str, str]]
) -> Iterator[list[int]]:
    """Fetch one token after another while the block runs; yields the statuses.

    ``credentials`` is called before each request, as a consumer reads them at each start.
    """
    statuses: list[int] = []
    ended = threading.Event()

    def fetch() -> None:
        while not ended.is_set():
            statuses.append(token_status(identity_url, tenant_id, credentials()))

    thread = threading.Thread(target=fetch)
    thread.start()
    try:
        yield statuses
    finally:
        ended.set()
        thread.join()
