"""Connections that are closed at the deadline of the request that uses them."""

from __future__ import annotations

import functools
import ssl
import threading
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


class _SharedContext(ssl.SSLContext):
    """A TLS context that threads share."""

    def set_alpn_protocols(self, alpn_protocols: Any) -> None:
        """Do nothing: urllib3 calls this for each connection, and another thread may be connecting.

        Without ALPN, a server uses HTTP/1.1, which is all that urllib3 would ask for.
        """


_loading = threading.Lock()


@functools.cache
def _trusting(ca_certs: str | None, ca_cert_dir: str | None) -> ssl.SSLContext:
    context = _SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_certs, ca_cert_dir)
    return context


class _WatchedTlsConnection(_WatchedConnection, HTTPSConnection):
    """A TLS connection. The trusted certificates are loaded once: it takes 25 ms of CPU time."""

    def connect(self) -> None:
        if self.ca_certs or self.ca_cert_dir:
            with _loading:
                self.ssl_context = _trusting(self.ca_certs, self.ca_cert_dir)
            self.ca_certs = self.ca_cert_dir = None
            if self.proxy_config is not None:
                self.proxy_config = self.proxy_config._replace(ssl_context=self.ssl_context)
        super().connect()


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
