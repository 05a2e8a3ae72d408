"""The forms of the provider that the matrix is run with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from olt_provider.native.reporting import wording
from tests.model.native_providers import NATIVE as NATIVE_PROVIDERS
from tests.model.providers import PROVIDERS, Provider


@dataclass(frozen=True, eq=False)
class Host:
    """A form of the provider."""

    name: str
    providers: Mapping[str, Provider]
    advice: re.Pattern[str]
    """How an error names the application to adopt."""
    keeps: bool
    """Whether the state keeps what a failed operation has made."""
    text: Callable[[str], str]
    """A part of a message as this form writes it."""

    def __str__(self) -> str:
        return self.name


DYNAMIC: Final = Host(
    "dynamic",
    PROVIDERS,
    re.compile(r'adopt=AdoptArgs\(application_id="([^"]+)"\)'),
    keeps=False,
    text=str,
)
NATIVE: Final = Host(
    "native",
    NATIVE_PROVIDERS,
    re.compile(r'adopt: \{applicationId: "([^"]+)"\}'),
    keeps=True,
    text=wording.of,
)
