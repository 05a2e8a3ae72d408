"""``OltBackgroundApplication`` of the native form."""

from __future__ import annotations

from typing import Any

from olt_provider import background_application as dynamic
from olt_provider.native.application import OltApplication
from olt_provider.native.installation import OltInstallation


class OltBackgroundApplication(dynamic.OltBackgroundApplication):
    """``olt_provider.OltBackgroundApplication`` with resources of the native form."""

    @classmethod
    def _classes(cls) -> tuple[type[Any], type[Any]]:
        """The classes of the application and of the installations."""
        return OltApplication, OltInstallation
