"""The client that may be asked about a resource of a preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from olt_provider.api.client import OltClient
from olt_provider.api.errors import ConfigurationError
from olt_provider.api.hosts import same_base_url
from olt_provider.api.settings import Settings
from olt_provider.cli.review.preview import (
    DEFAULT_PROVIDER,
    PROVIDER,
    SECRET,
    UNKNOWN,
    Preview,
    name_of,
)

HOSTS: Final = ("olt:apiUrl", "olt:identityUrl", "olt:environment")


class Clients:
    """The client of the stack, for the resources that live on its hosts.

    A preview is written by the author of a change. So the hosts, certificates and credentials
    that it names are never used: a resource of an explicit provider is asked for with the stack's
    own settings, and only if both name the same hosts.
    """

    def __init__(
        self, preview: Preview, settings: Settings, notify: Callable[[str], None] = lambda _: None
    ) -> None:
        self._settings = settings
        self._client = settings.client(user_agent="cli", notify=notify)
        self._inputs = {
            step.urn: declared.inputs
            for step in preview.steps
            if step.kind == PROVIDER and (declared := step.new or step.old)
        }

    def of(self, provider: str) -> OltClient:
        """The client for the resources of a provider, given as a resource names it.

        Raises ``ConfigurationError`` where its hosts are others.
        """
        urn = provider.rpartition("::")[0]  # the provider's ID follows its URN
        if urn and not DEFAULT_PROVIDER.fullmatch(name_of(urn)):
            self._require_same_hosts(name_of(urn), self._inputs.get(urn))
        return self._client

    def _require_same_hosts(self, name: str, inputs: Mapping[str, Any] | None) -> None:
        if inputs is None:
            raise ConfigurationError(
                f"the preview does not show the provider {name}: make it with --show-sames"
            )
        named = {key: inputs.get(key) for key in HOSTS}
        hidden = sorted(key for key, value in named.items() if value in (SECRET, UNKNOWN))
        if hidden:
            raise ConfigurationError(
                f"the preview does not show {', '.join(hidden)} of the provider {name}"
            )
        theirs = Settings.load(named.get, {})
        if not (
            same_base_url(theirs.api_url, self._settings.api_url)
            and same_base_url(theirs.identity_url, self._settings.identity_url)
        ):
            raise ConfigurationError(
                f"the provider {name} names hosts that are not those of the stack or the "
                "environment: they are not contacted"
            )
