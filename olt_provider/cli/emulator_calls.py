"""``olt emulator token`` and ``olt emulator reset``: requests to a running emulator."""

from __future__ import annotations

import ipaddress
import json
import os
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn
from urllib.parse import urlsplit

import typer

from olt_provider.cli.output import PROBLEM, WRONG_USAGE, fail, show

SECONDS: Final = 30
ADMIN: Final = "/_emulator"
VARIABLE: Final = "OLT_API_URL"
CA_BUNDLE: Final = "OLT_CA_BUNDLE"
TOKEN_HELP: Final = f"""Print an API token of a tenant.

Examples:

  olt emulator token TENANT --ready-file ready.json

  olt emulator token TENANT --role reader --url http://127.0.0.1:8080

Without --url and --ready-file, the emulator at {VARIABLE} is used.
"""
RESET_HELP: Final = f"""Reset the emulator to its seed.

Examples:

  olt emulator reset --ready-file ready.json

Without --url and --ready-file, the emulator at {VARIABLE} is used.
"""
Url = Annotated[str | None, typer.Option(help="URL of the running emulator.")]
ReadyFile = Annotated[Path | None, typer.Option(help="Ready file that the emulator wrote.")]


def token(
    tenant: Annotated[str, typer.Argument(help="ID of the tenant that the token is for.")],
    role: Annotated[
        str, typer.Option(help="owner, writer, reader, none, or permissions separated by spaces.")
    ] = "owner",
    lifetime: Annotated[int, typer.Option(help="Lifetime of the token in seconds.")] = 864000,
    url: Url = None,
    ready_file: ReadyFile = None,
) -> None:
    """Print the token."""
    body = {"tenantId": tenant, "role": role, "lifetime": lifetime}
    content = _post("token", _base(url, ready_file), body)
    show(str(content["token"]))


def reset(url: Url = None, ready_file: ReadyFile = None) -> None:
    """Reset the state."""
    _post("reset", _base(url, ready_file), None)
    show("reset to the seed")


def _wrong(message: str) -> NoReturn:
    fail("emulator", message, WRONG_USAGE)


def _base(url: str | None, ready_file: Path | None) -> str:
    if url and ready_file:
        _wrong("give --url or --ready-file, not both")
    if ready_file is not None:
        try:
            url = str(json.loads(ready_file.read_text(encoding="utf-8"))["apiUrl"])
        except OSError as error:
            _wrong(f"cannot read {ready_file}: {error.strerror}; does the emulator run?")
        except (ValueError, KeyError, TypeError):
            _wrong(f"{ready_file} was not written by `olt emulator`")
    url = url or os.environ.get(VARIABLE, "").strip()
    if not url:
        _wrong(f"no emulator given: use --url, --ready-file or {VARIABLE}")
    return _local(url)


def _local(url: str) -> str:
    """Return scheme, host and port of a loopback URL. Exits for any other URL."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if not host or scheme not in {"http", "https"}:
        _wrong(f"this is not a URL: {url}")
    if not _is_local(host):
        _wrong(f"{host} is not this machine: use the emulator's loopback address")
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" + (f":{port}" if port else "")


def _is_local(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    # the unspecified address, on which `--host 0.0.0.0` listens, reaches this machine only
    return address.is_loopback or address.is_unspecified


def _post(what: str, base: str, body: dict[str, Any] | None) -> Any:
    import requests

    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy and no .netrc
            response = session.post(
                f"{base}{ADMIN}/{what}",
                json=body,
                timeout=SECONDS,
                allow_redirects=False,
                verify=os.environ.get(CA_BUNDLE, "").strip() or True,
            )
        content = response.json()
    except requests.JSONDecodeError:
        fail("emulator", f"the server at {base} is not the emulator", PROBLEM)
    except requests.exceptions.SSLError:
        fail("emulator", f"the certificate at {base} is not trusted: set {CA_BUNDLE}", PROBLEM)
    except requests.RequestException:
        fail("emulator", f"no emulator responds at {base}", PROBLEM)
    except OSError as error:  # requests raises it for a missing bundle
        fail("emulator", f"{CA_BUNDLE}: {error}", WRONG_USAGE)
    if response.status_code != 200:
        message = content.get("errorMessage") if isinstance(content, dict) else None
        fail("emulator", message or f"the server at {base} is not the emulator", PROBLEM)
    return content
