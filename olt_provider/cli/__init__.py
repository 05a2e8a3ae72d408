"""The ``olt`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run ``olt``. Its libraries come with the extra ``pulumi-olt[cli]``."""
    try:
        from olt_provider.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("olt_provider"):
            raise
        print("olt needs more packages: pip install 'pulumi-olt[cli]'", file=sys.stderr)
        sys.exit(2)
    app()
