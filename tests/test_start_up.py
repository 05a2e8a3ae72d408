"""Imports at start-up: programs and provider processes load only what each operation needs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

LOADED: Final = """
import json, sys
{}
before = set(sys.modules)
{}
print(json.dumps(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}})))
"""
PROGRAM: Final = (
    "from olt_provider import OltApplication, OltBackgroundApplication, OltInstallation"
)
HOST: Final = """
import olt_provider.application, olt_provider.installation
from olt_provider.dynamic import host
from olt_provider.lifecycle.application import declaration, operations
from olt_provider.lifecycle.installation import declaration, operations
host.context(pulumi.dynamic.ConfigureRequest(pulumi.dynamic.config.Config({}, "test")))
"""
NOT_NEEDED: Final = {
    *("jwt", "cryptography"),
    *("fastapi", "starlette", "uvicorn"),
    *("black", "typer", "click", "rich"),
}
"""Of the extras, and what reads tokens, which only some credentials need."""
PLUGIN: Final = "import olt_provider.native.servicer"
THE_HOSTS: Final = {"pydantic", "requests", "tenacity", "urllib3"}


def _loaded(program: str, before: str = "import pulumi, pulumi.dynamic") -> set[str]:
    """The packages that are loaded on top of those that were loaded before."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(before, program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(done.stdout))


def test_the_host_loads_no_web_framework_no_command_line_and_no_unused_token_library() -> None:
    loaded = _loaded(HOST)
    assert {"olt_provider", *THE_HOSTS} <= loaded
    assert loaded & NOT_NEEDED == set()


def test_a_program_loads_nothing_but_the_resources() -> None:
    loaded = _loaded(PROGRAM)
    assert "olt_provider" in loaded
    assert loaded & (NOT_NEEDED | THE_HOSTS) == set()


def test_the_plugin_loads_the_messages_of_the_sdk_and_nothing_else_of_it() -> None:
    loaded = _loaded(PLUGIN, before="")
    assert {"olt_provider", "grpc", *THE_HOSTS} <= loaded
    assert loaded & {"pulumi", "opentelemetry", "yaml", *NOT_NEEDED} == set()
