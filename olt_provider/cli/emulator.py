"""``olt emulator``: serve an emulated OLT platform."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sqlite3
import ssl
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

from olt_provider.cli.output import PROBLEM, WRONG_USAGE, fail, show
from olt_provider.cli.terminal import lines
from olt_provider.stop_signals import stop_signals

if TYPE_CHECKING:
    from olt_provider.emulator import Emulator, Seed
    from olt_provider.emulator.variants import Variant

HELP: Final = """Serve an emulated OLT platform on this machine, until Ctrl-C or SIGTERM.

The commands below send requests to an emulator that is running.

Examples:

  olt emulator

  olt emulator --port 8080 --ready-file ready.json

  olt emulator --seed platform.yaml --database platform.sqlite

  olt emulator --tls-certificate certificate.pem --tls-key key.pem
"""


def run(  # noqa: PLR0917 (typer passes them by name)
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")
    ] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    ready_file: Annotated[
        Path | None,
        typer.Option(help="File to write URLs and API tokens to once it serves; removed at exit."),
    ] = None,
    database: Annotated[
        Path | None, typer.Option(help="SQLite file that keeps the state. Default: in memory.")
    ] = None,
    seed: Annotated[
        Path | None,
        typer.Option(help="YAML or JSON file with the initial tenants and applications."),
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="PEM file with the certificate chain, to serve https.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="PEM file with the certificate's key.")
    ] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option(help="Variant of the responses that the contract allows; repeatable."),
    ] = None,
) -> None:
    """Serve until SIGINT or SIGTERM."""
    if context.invoked_subcommand is not None:
        return
    try:
        from olt_provider.emulator import Emulator
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("olt_provider"):
            raise
        _fail("the emulator needs more packages: pip install 'pulumi-olt[emulator]'", WRONG_USAGE)
    planted = _read_seed(seed) if seed else None
    variants = _known_variants(variant or [])
    tls = _checked(tls_certificate, tls_key)
    _log_to_stderr()
    with stop_signals(signal.SIGINT, signal.SIGTERM) as stopped:
        try:
            with (
                Emulator.start(planted, port, host=host, database=database, tls=tls) as emulator,
                _ready(ready_file, emulator),
            ):
                emulator.set_variants(*variants)
                _show_addresses(emulator)
                stopped.recv(1)
        except OSError as error:
            _fail(f"cannot serve on {host}:{port}: {error.strerror or error}")
        except sqlite3.Error as error:
            _fail(f"cannot use the database {database}: {error}", WRONG_USAGE)
        except ValueError as error:
            _fail(f"cannot use the seed {seed}: {error}", WRONG_USAGE)


def _fail(message: str, code: int = PROBLEM) -> NoReturn:
    fail("emulator", message, code)


def _read_seed(file: Path) -> Seed:
    import yaml
    from pydantic import ValidationError

    from olt_provider.emulator import Seed
    from olt_provider.emulator.problems import summary

    try:
        # JSON is YAML too.
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        return Seed.model_validate(content)
    except OSError as error:
        _fail(f"cannot read the seed {file}: {error.strerror}", WRONG_USAGE)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        why = " ".join(str(error).split())
        _fail(f"the seed {file} is neither YAML nor JSON: {why}", WRONG_USAGE)
    except ValidationError as error:
        _fail(f"the seed {file} is invalid: {summary(error.errors())}", WRONG_USAGE)


def _known_variants(given: list[str]) -> list[Variant]:
    from olt_provider.emulator.variants import VARIANTS

    unknown = sorted(set(given) - set(VARIANTS))
    if unknown:
        known = ", ".join(VARIANTS)
        _fail(f"unknown variant {', '.join(unknown)}; known are {known}", WRONG_USAGE)
    return [each for each in VARIANTS if each in given]


def _checked(certificate: Path | None, key: Path | None) -> tuple[Path, Path] | None:
    """Return the certificate and key for ``https``, if given. Exits if they cannot be used."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        _fail("give --tls-certificate and --tls-key, or neither", WRONG_USAGE)
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            certificate, key, password=lambda: ""
        )
    except OSError as error:
        why = error.strerror or error
        _fail(f"cannot serve https with {certificate} and {key}: {why}", WRONG_USAGE)
    return certificate, key


class _Formatter(logging.Formatter):
    """Escapes control characters, because clients choose the path that is logged."""

    def format(self, record: logging.LogRecord) -> str:
        return lines(super().format(record))


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(message)s"))
    for name, level in (("olt_provider.emulator", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.addHandler(handler)


def _show_addresses(emulator: Emulator) -> None:
    show(f"API       {emulator.api_url}")
    show(f"identity  {emulator.identity_url}")
    for tenant in emulator.tenants:
        show(f"tenant    {tenant.id}  {tenant.name}")
    show("ready; Ctrl-C ends it")


@contextlib.contextmanager
def _ready(file: Path | None, emulator: Emulator) -> Iterator[None]:
    """Keep the ready file while the block runs."""
    if file is None:
        yield
        return
    content: dict[str, Any] = {
        "apiUrl": emulator.api_url,
        "identityUrl": emulator.identity_url,
        "pid": os.getpid(),
        "tenants": [
            {"id": tenant.id, "name": tenant.name, "apiToken": emulator.token(tenant.id)}
            for tenant in emulator.tenants
        ],
    }
    try:
        _write(file, json.dumps(content, indent=2) + "\n")
    except OSError as error:
        _fail(f"cannot write the ready file {file}: {error.strerror}", WRONG_USAGE)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _write(file: Path, text: str) -> None:
    """Write the whole file or nothing. Only the owner can read it."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as temporary:
            temporary.write(text)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
