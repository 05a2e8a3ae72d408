"""The vendor's installer: its arguments and its download, without the real script."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from tools import engine_sources
from tools.engine_sources import NEEDED, VERSION, download_installer
from tools.workspace import SetupError

INSTALLER = f"""\
#!/bin/sh
[ "$1 $2 $3" = "--version {VERSION} --install-root" ] || exit 9
mkdir -p "$4/bin"
for name in {" ".join(NEEDED)}; do
    printf '#!/bin/sh\\necho {VERSION}\\n' >"$4/bin/$name"
    chmod +x "$4/bin/$name"
done
touch "$HOME/.profile"
"""


class Server(ThreadingHTTPServer):
    """Responds to every GET with one body, or with a redirect."""

    body = b""
    location = ""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        self.send_response(302 if server.location else 200)
        if server.location:
            self.send_header("Location", server.location)
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass


@contextmanager
def running(authority: trustme.CA | None) -> Iterator[tuple[Server, str]]:
    server = Server(("127.0.0.1", 0), Handler)
    if authority:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        scheme = "https" if authority else "http"
        yield server, f"{scheme}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def vendor(authority: trustme.CA) -> Iterator[tuple[Server, str]]:
    with running(authority) as server:
        yield server


def test_the_installer_is_fetched_over_https(
    vendor: tuple[Server, str], trusting: ssl.SSLContext, tmp_path: Path
) -> None:
    vendor[0].body = INSTALLER.encode()
    download_installer(vendor[1], tmp_path / "install.sh", trusting)
    assert (tmp_path / "install.sh").read_text() == INSTALLER


def test_a_certificate_that_is_not_trusted_stops_the_download(
    vendor: tuple[Server, str], tmp_path: Path
) -> None:
    vendor[0].body = INSTALLER.encode()
    with pytest.raises(SetupError, match="CERTIFICATE_VERIFY_FAILED"):
        download_installer(vendor[1], tmp_path / "install.sh")
    assert not (tmp_path / "install.sh").exists()


def test_plain_http_is_refused_before_any_request(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="only fetched over https"):
        download_installer("http://127.0.0.1:9", tmp_path / "install.sh")


def test_a_redirect_away_from_https_is_refused(
    vendor: tuple[Server, str], trusting: ssl.SSLContext, tmp_path: Path
) -> None:
    with running(None) as (plain, address):
        plain.body = INSTALLER.encode()
        vendor[0].location = address
        with pytest.raises(SetupError, match="not https"):
            download_installer(vendor[1], tmp_path / "install.sh", trusting)
    assert not (tmp_path / "install.sh").exists()


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"", b"#!/bin/sh\n" + b"#" * (1 << 20)])
def test_what_is_no_installer_is_not_run(
    vendor: tuple[Server, str], trusting: ssl.SSLContext, tmp_path: Path, body: bytes
) -> None:
    vendor[0].body = body
    with pytest.raises(SetupError, match="is not the installer"):
        download_installer(vendor[1], tmp_path / "install.sh", trusting)


@pytest.fixture
def offline_installer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Take the installer's script from here, and keep the cache and the home in tmp_path."""

    def take(url: str, target: Path) -> None:
        target.write_text(INSTALLER)

    monkeypatch.setattr(engine_sources, "download_installer", take)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_installer_gets_the_pinned_version_and_puts_the_engine_in_the_cache(
    offline_installer: Path,
) -> None:
    folder = engine_sources.from_installer()
    assert folder.is_relative_to(offline_installer / "cache")
    assert engine_sources.from_cache() == folder


def test_the_installer_cannot_write_to_the_home_folder(offline_installer: Path) -> None:
    engine_sources.from_installer()
    assert not (offline_installer / ".profile").exists()
