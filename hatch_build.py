"""What the build knows that the repository does not: its own address.

The package index shows the README away from its repository, so links have to be absolute there. The
address is taken from the variables that the pipeline sets; without them the links stay as they are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

IMAGE: Final = re.compile(r"(!\[[^\]]*\]\()(?!https?://|#)([^)\s]+)")
LINK: Final = re.compile(r"((?<!!)\[(?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*\]\()(?!https?://|#)([^)\s]+)")


class RepositoryHook(MetadataHookInterface):
    """Set ``readme`` and ``urls`` of the project's metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Read the README and the variables of the pipeline."""
        text = (Path(self.root) / "README.md").read_text("utf-8")
        repository = address(os.environ)
        if repository:
            metadata["urls"] = urls(repository)
            text = absolute(text, repository, revision(os.environ))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def address(environment: Mapping[str, str]) -> str | None:
    """The repository's address; ``None`` where the build does not know it."""
    server, name = (environment.get(f"GITHUB_{key}") for key in ("SERVER_URL", "REPOSITORY"))
    return f"{server.rstrip('/')}/{name}" if server and name else None


def revision(environment: Mapping[str, str]) -> str:
    """The tag that is built, else the main branch."""
    tagged = environment.get("GITHUB_REF_TYPE") == "tag"
    return environment.get("GITHUB_REF_NAME", "main") if tagged else "main"


def urls(repository: str) -> dict[str, str]:
    """The links beside the description."""
    return {
        "Homepage": repository,
        "Documentation": f"{repository}/tree/main/docs",
        "Changelog": f"{repository}/blob/main/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }


def absolute(text: str, repository: str, at: str) -> str:
    """The README with links that work outside the repository."""
    text = IMAGE.sub(rf"\g<1>{repository}/raw/{at}/\g<2>", text)
    return LINK.sub(rf"\g<1>{repository}/blob/{at}/\g<2>", text)
