"""``Provider`` of the native form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from olt_provider._version import __version__
from olt_provider.dynamic import arguments
from olt_provider.native.names import PACKAGE, camel
from olt_provider.setting_names import EXPLICIT
from olt_provider.setting_places import explicit


class Provider(pulumi.ProviderResource):
    """Settings and credentials for the resources that name it in ``opts.provider``.

    Arguments and their precedence are those of ``olt_provider.Provider``.
    """

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        api_url: pulumi.Input[str] | None = None,
        identity_url: pulumi.Input[str] | None = None,
        environment: pulumi.Input[str] | None = None,
        tenant_id: pulumi.Input[str] | None = None,
        ca_bundle: pulumi.Input[str] | None = None,
        request_timeout: pulumi.Input[float] | None = None,
        max_retries: pulumi.Input[int] | None = None,
        max_connections: pulumi.Input[int] | None = None,
        api_token: pulumi.Input[str] | None = None,
        tenant_tokens: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        client_id: pulumi.Input[str] | None = None,
        client_secret: pulumi.Input[str] | None = None,
        refresh_token: pulumi.Input[str] | None = None,
    ) -> None:
        """All arguments are those of ``olt_provider.Provider``."""
        arguments.require_options(opts)
        tokens = 'tenant_tokens={"<tenant ID>": "<token>"}'
        arguments.require_mapping("tenant_tokens", tenant_tokens, tokens)
        plain = {
            "api_url": api_url,
            "identity_url": identity_url,
            "environment": environment,
            "tenant_id": tenant_id,
            "ca_bundle": ca_bundle,
            "request_timeout": _json(request_timeout),
            "max_retries": _json(max_retries),
            "max_connections": _json(max_connections),
            "client_id": client_id,
        }
        secret = {
            "api_token": api_token,
            "tenant_tokens": _json(tenant_tokens),
            "client_secret": client_secret,
            "refresh_token": refresh_token,
        }
        props: dict[str, Any] = {camel(key): value for key, value in plain.items()}
        for key, value in secret.items():
            props[camel(key)] = None if value is None else pulumi.Output.secret(value)
        # The engine does not send the mappings, and a mapped variable comes before an argument.
        props[EXPLICIT] = explicit(getattr(opts, "env_var_mappings", None))
        ours = pulumi.ResourceOptions(version=__version__)
        super().__init__(PACKAGE, resource_name, props, pulumi.ResourceOptions.merge(ours, opts))


def _json(value: Any) -> Any:
    return None if value is None else pulumi.Output.from_input(value).apply(json.dumps)
