"""Scripts of the examples, run in this process: starting Python costs more than they do."""

from __future__ import annotations

import io
import os
import runpy
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest


class Done(NamedTuple):
    """What a process would leave."""

    returncode: int
    stdout: str
    stderr: str


def run_script(
    script: Path, *arguments: str, env: Mapping[str, str], folder: Path, stdin: str = ""
) -> Done:
    """Run it as ``python SCRIPT ARGUMENTS`` in the folder, with exactly this environment."""
    out, errors = io.StringIO(), io.StringIO()
    code: object = None
    with pytest.MonkeyPatch.context() as process, redirect_stdout(out), redirect_stderr(errors):
        for name in tuple(os.environ):
            process.delenv(name)
        for name, value in env.items():
            process.setenv(name, value)
        process.chdir(folder)
        process.setattr(sys, "argv", [str(script), *arguments])
        process.setattr(sys, "stdin", io.StringIO(stdin))
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as ended:
            code = ended.code
    if isinstance(code, str):
        print(code, file=errors)
    status = code if isinstance(code, int) else int(code is not None)
    return Done(status, out.getvalue(), errors.getvalue())
