"""The host starts for every operation, so it loads only what every operation needs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

PROGRAM: Final = """
import json, sys
import pulumi, pulumi.dynamic
before = set(sys.modules)
import olt_provider.application, olt_provider.installation
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""
NOT_NEEDED: Final = {
    *("authlib", "joserfc", "jwt", "cryptography"),
    *("fastapi", "starlette", "uvicorn"),
    *("typer", "click", "rich"),
}
"""Of the extras, and what reads tokens, which only some credentials need."""


def test_the_host_loads_no_web_framework_no_command_line_and_no_unused_oauth_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(json.loads(done.stdout))
    assert {"olt_provider", "requests"} <= loaded
    assert loaded & NOT_NEEDED == set()
