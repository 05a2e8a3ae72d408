"""Connections that are closed at the deadline of the request that uses them."""

from __future__ import annotations

from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from olt_provider.api.deadline import current


class _WatchedConnection(HTTPConnection):
    """A connection whose socket has the thread's deadline, starting before the TLS handshake."""

    _tunnelling = False

    def connect(self) -> None:
        if deadline := current():
            deadline.begin()
        super().connect()

    def _new_conn(self) -> Any:
        connected = super()._new_conn()
        if deadline := current():
            deadline.watch(connected)
        return connected

    def _tunnel(self) -> None:
        self._tunnelling = True
        try:
            super()._tunnel()
        finally:
            self._tunnelling = False
        deadline = current()
        if deadline is not None and deadline.expired:  # a cut-off response may look like a tunnel
            self.close()
            raise TimeoutError("the proxy did not respond in time")

    def request(self, *args: Any, **options: Any) -> None:
        deadline = current()
        if deadline is not None:
            deadline.begin()
            if self.sock is not None:
                deadline.watch(self.sock)
        super().request(*args, **options)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        deadline = current()
        if deadline is not None and not self._tunnelling:
            deadline.sent = True
        super().send(data)


class _WatchedTlsConnection(_WatchedConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTlsConnection


POOLS: Final = {"http": _Pool, "https": _TlsPool}


class WatchedAdapter(HTTPAdapter):
    """A ``requests`` adapter whose connections observe deadlines, also through proxies."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _watch(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(*args, **options)
        return _watch(manager)


def _watch(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = POOLS
    return manager
