"""``https`` with a private certificate."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from olt_provider.emulator import TENANT_A, Emulator, Fault
from tests.emulator.support import TIMEOUT


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that only its holder trusts, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "emulator")])
    now = dt.datetime.now(dt.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    files = (folder / "certificate.pem", folder / "key.pem")
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@pytest.fixture
def secure(certificate: tuple[Path, Path]) -> Iterator[Emulator]:
    with Emulator.start(tls=certificate) as emulator:
        yield emulator


def _devices(emulator: Emulator, verify: str | bool) -> requests.Response:
    headers = {"Authorization": f"Bearer {emulator.token(TENANT_A)}"}
    url = f"{emulator.api_url}/devices"
    return requests.get(url, headers=headers, verify=verify, timeout=TIMEOUT)


def test_client_that_trusts_the_certificate_gets_a_response(
    secure: Emulator, certificate: tuple[Path, Path]
) -> None:
    assert secure.api_url.startswith("https://127.0.0.1:")
    assert _devices(secure, str(certificate[0])).status_code == 200


def test_other_clients_do_not_trust_it(secure: Emulator) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        _devices(secure, verify=True)
    assert secure.calls == []


def test_files_that_are_no_certificate_are_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for name in ("empty.pem", "missing.pem"):
        files = (tmp_path / name, tmp_path / name)
        with pytest.raises(OSError), Emulator.start(tls=files):
            pass


@pytest.mark.parametrize("kind", ["reset_after", "close_after"])
def test_connections_are_ended_there_too(
    secure: Emulator, certificate: tuple[Path, Path], kind: str
) -> None:
    secure.add_fault(Fault.model_validate({"kind": kind}))
    with pytest.raises(requests.ConnectionError):
        _devices(secure, str(certificate[0]))
    assert _devices(secure, str(certificate[0])).status_code == 200
