"""Read state files: the applications that their stacks manage."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from olt_provider.api.ids import canonical_id
from olt_provider.cli.preview.types import APPLICATION, plain_type

VERSIONS: Final = (3, 4)
"""Supported versions of the engine's state format."""
ITERATIONS: Final = 1_000_000
PASSPHRASE: Final = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 (its name)
PASSPHRASE_FILE: Final = "PULUMI_CONFIG_PASSPHRASE_FILE"  # noqa: S105
GZIP: Final = b"\x1f\x8b"
MOST: Final = 512 * 2**20
"""The largest state that is read, in bytes."""


class StateError(Exception):
    """A state file cannot be read. The message is one line that names the file."""


@dataclass(frozen=True)
class Managed:
    """An application in a state."""

    application_id: str
    resource: str
    file: Path


def managed_in(file: Path) -> list[Managed]:
    """Return the applications that the stack of a state file manages.

    ``file`` is the output of ``pulumi stack export``, or the file of a file backend. Raises
    ``StateError``, also if its secrets are encrypted with a passphrase that is not in the
    environment: the file may belong to a stack that you cannot deploy.
    """
    deployment = _deployment(file)
    try:
        found = [each for each in deployment.get("resources") or [] if _is_ours(each)]
        managed = [
            Managed(canonical_id(each["id"]), each["urn"].split("::", 3)[3], file) for each in found
        ]
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        raise StateError(f"{file}: a resource has a shape that this version cannot read") from None
    if any(_encrypted(each) for each in found):
        _require_passphrase(file, deployment)
    return managed


def known_in(file: Path) -> list[Managed]:
    """Return all applications of a state, including those whose deletion is pending.

    IDs are never encrypted, so no passphrase is needed. Raises ``StateError``.
    """
    try:
        return [
            Managed(canonical_id(each["id"]), each["urn"].split("::", 3)[3], file)
            for each in resources_in(file)
            if plain_type(each["type"]) == APPLICATION
            and each.get("id")
            and not each.get("external")
        ]
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        raise StateError(f"{file}: a resource has a shape that this version cannot read") from None


def resources_in(file: Path) -> list[Any]:
    """Return all resources of a state. Raises ``StateError``."""
    return _deployment(file).get("resources") or []


def _is_ours(resource: Any) -> bool:
    """Whether the stack manages it and it exists. A resource of ``.get`` is not managed."""
    there = resource.get("id") and not resource.get("delete") and not resource.get("external")
    return bool(plain_type(resource["type"]) == APPLICATION and there)


def _deployment(file: Path) -> dict[str, Any]:
    try:
        envelope = json.loads(_content(file))
    except OSError as error:
        raise StateError(f"{file}: cannot be read: {error.strerror or 'damaged'}") from None
    except (EOFError, ValueError, RecursionError):
        raise StateError(f"{file}: it is cut off, or no state: not JSON") from None
    if not isinstance(envelope, dict) or not ({"deployment", "checkpoint"} & envelope.keys()):
        raise StateError(
            f"{file}: it is no state: give the output of `pulumi stack export`, or the file of "
            "the stack in a file backend"
        )
    if envelope.get("version") not in VERSIONS:
        raise StateError(
            f"{file}: it has version {envelope.get('version')!r}, and this version reads "
            f"{' and '.join(map(str, VERSIONS))}: the engine may be newer"
        )
    checkpoint = envelope.get("checkpoint")
    inner = checkpoint.get("latest") if isinstance(checkpoint, dict) else envelope.get("deployment")
    if inner is None:  # a stack in which nothing was ever deployed
        return {}
    if not isinstance(inner, dict):
        raise StateError(f"{file}: it is no state: its deployment is no object")
    return inner


def _content(file: Path) -> bytes:
    """Return the decompressed content, up to ``MOST`` bytes: a small file may become large."""
    with file.open("rb") as opened, gzip.GzipFile(fileobj=opened) as inflated:
        compressed = opened.peek(len(GZIP)).startswith(GZIP)
        content = (inflated if compressed else opened).read(MOST + 1)
    if len(content) > MOST:
        raise StateError(f"{file}: it is over {MOST // 2**20} MiB: is it a state?")
    return content


def _encrypted(value: Any) -> bool:
    return any("ciphertext" in each for each in _objects(value))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from _objects(each)


def _require_passphrase(file: Path, deployment: Any) -> None:
    provider = deployment.get("secrets_providers") or {}
    if not isinstance(provider, dict) or provider.get("type") != "passphrase":
        return  # a key service encrypts it, and the file has no check value
    passphrase = os.environ.get(PASSPHRASE)
    key_file = os.environ.get(PASSPHRASE_FILE)
    if passphrase is None and key_file:
        try:
            passphrase = Path(key_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise StateError(f"{PASSPHRASE_FILE} names a file that cannot be read") from None
    if passphrase is None:
        raise StateError(f"{file}: its secrets are encrypted: set {PASSPHRASE} to its passphrase")
    salt = (provider.get("state") or {}).get("salt")
    if not isinstance(salt, str) or not _opens(salt, passphrase):
        raise StateError(
            f"{file}: its secrets are encrypted with another passphrase than that in {PASSPHRASE}"
        )


def _opens(salt: str, passphrase: str) -> bool:
    """Whether a passphrase decrypts ``v1:SALT:v1:NONCE:CIPHERTEXT``, as the engine does."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        _, salted, _, nonce, ciphertext = salt.split(":")
        key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), _bytes(salted), ITERATIONS, 32)
        AESGCM(key).decrypt(_bytes(nonce), _bytes(ciphertext), None)
    except (InvalidTag, ValueError):
        return False
    return True


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
