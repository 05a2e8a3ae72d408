"""One request to the platform, before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from olt_provider.api.retry import Repeat


@dataclass(frozen=True)
class Request:
    """A request. ``path`` is relative to the base URL; ``tenant`` only serves error messages."""

    method: str
    path: str
    tenant: str | None = None
    params: Mapping[str, Any] | None = None
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] | None = None
    repeat: Repeat = Repeat.SAFELY

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        """Whether the request may change something."""
        return self.method != "GET"
