"""``OltBackgroundApplication`` and ``OltBackgroundApplicationPair`` of the native form."""

from __future__ import annotations

from typing import Any

from olt_provider import background_application as dynamic
from olt_provider import background_application_pair as dynamic_pair
from olt_provider.native.application import OltApplication
from olt_provider.native.installation import OltInstallation


class OltBackgroundApplication(dynamic.OltBackgroundApplication):
    """``olt_provider.OltBackgroundApplication`` with resources of the native form."""

    @classmethod
    def _classes(cls) -> tuple[type[Any], type[Any]]:
        """The classes of the application and of its installations."""
        return OltApplication, OltInstallation


class OltBackgroundApplicationPair(dynamic_pair.OltBackgroundApplicationPair):
    """``olt_provider.OltBackgroundApplicationPair`` with resources of the native form."""

    @classmethod
    def _class(cls) -> type[dynamic.OltBackgroundApplication]:
        """The class of the two applications."""
        return OltBackgroundApplication
