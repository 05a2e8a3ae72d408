from __future__ import annotations

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import trustme

from olt_provider.api.errors import RequestError
from olt_provider.api.request import Request
from olt_provider.api.transport import BearerAuth
from tests.api.conftest import MakeTransport
from tests.api.samples import TOKEN
from tests.api.scripted_server import ScriptedServer, data_response

GET = Request("GET", "/x")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def serve(authority: trustme.CA, name: str) -> ScriptedServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return ScriptedServer(context)


@pytest.fixture
def private(authority: trustme.CA) -> Iterator[ScriptedServer]:
    """A server whose certificate a private authority has signed."""
    with serve(authority, "127.0.0.1") as scripted:
        scripted.always = data_response("hello")
        yield scripted


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


def test_a_certificate_of_an_unknown_authority_is_refused(
    private: ScriptedServer, make_transport: MakeTransport
) -> None:
    with pytest.raises(RequestError, match=r"TLS certificate of .* refused.*ca_bundle"):
        make_transport(private.url).send(GET)
    assert private.received == []


def test_a_refused_certificate_is_not_tried_again(
    private: ScriptedServer, make_transport: MakeTransport, sleeps: list[float]
) -> None:
    with pytest.raises(RequestError):
        make_transport(private.url).send(GET)
    assert sleeps == []


def test_after_a_refused_certificate_nothing_can_have_changed(
    private: ScriptedServer, make_transport: MakeTransport
) -> None:
    with pytest.raises(RequestError) as caught:
        make_transport(private.url).send(GET)
    assert not caught.value.sent


def test_a_private_authority_is_trusted_where_its_file_is_given(
    private: ScriptedServer, make_transport: MakeTransport, bundle: str
) -> None:
    assert make_transport(private.url, ca_bundle=bundle).send(GET) == {"data": "hello"}


def test_a_certificate_of_another_host_is_refused(
    authority: trustme.CA, make_transport: MakeTransport, bundle: str
) -> None:
    with serve(authority, "other.example") as scripted:
        with pytest.raises(RequestError, match="TLS certificate"):
            make_transport(scripted.url, ca_bundle=bundle).send(GET)
        assert scripted.received == []


def test_a_private_authority_does_not_make_others_trusted(
    make_transport: MakeTransport, bundle: str
) -> None:
    with serve(trustme.CA(), "127.0.0.1") as scripted:
        with pytest.raises(RequestError, match="TLS certificate"):
            make_transport(scripted.url, ca_bundle=bundle).send(GET)
        assert scripted.received == []


def test_a_server_without_tls_is_an_error_of_one_line(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    with pytest.raises(RequestError, match="GET /x: "):
        make_transport(f"https://{server.host}/v1", max_retries=0).send(GET)


def test_connections_share_the_trusted_certificates(
    private: ScriptedServer,
    make_transport: MakeTransport,
    bundle: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[str] = []
    load = ssl.SSLContext.load_verify_locations

    def counting(context: ssl.SSLContext, *files: Any) -> None:
        loaded.append(type(context).__name__)
        load(context, *files)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counting)
    transports = [make_transport(private.url, ca_bundle=bundle) for _ in range(8)]
    with ThreadPoolExecutor(len(transports)) as pool:
        list(pool.map(lambda each: each.send(GET), transports))
    assert len({each.connection for each in private.received}) == len(transports)
    assert loaded.count("_SharedContext") == 1


# A .netrc is only looked at where the environment is: over TLS


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``.netrc`` with the server's host."""
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login someone password else\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))


def test_a_netrc_cannot_replace_the_token(
    private: ScriptedServer, make_transport: MakeTransport, bundle: str, netrc: None
) -> None:
    transport = make_transport(private.url, ca_bundle=bundle)
    transport.send(GET, authorize=lambda: BearerAuth(TOKEN))
    assert private.only.headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_netrc_adds_nothing_where_no_token_is_sent(
    private: ScriptedServer, make_transport: MakeTransport, bundle: str, netrc: None
) -> None:
    transport = make_transport(private.url, ca_bundle=bundle)
    transport.send(Request("POST", "/token", form={"grant_type": "x"}))
    assert "Authorization" not in private.only.headers
