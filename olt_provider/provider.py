"""``Provider``: settings and credentials of another platform or tenant within one stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from olt_provider.dynamic import arguments
from olt_provider.setting_names import EXPLICIT, configured
from olt_provider.setting_places import explicit


class Provider(pulumi.ProviderResource):
    """Settings and credentials for the resources that name it in ``opts.provider``.

    It inherits nothing from the stack's ``olt:`` configuration. Its arguments take precedence
    over environment variables. Credentials in the environment are only used by a provider without
    credentials that calls the hosts of the environment. A variable that ``env_var_mappings`` in its
    options passes to it takes precedence over its arguments.

    Credentials are stored as secrets. A change of any argument replaces nothing.
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
        """
        :param resource_name: The resource's name in the stack.
        :param api_url: The API base URL, together with ``identity_url``. Default: that of
            ``environment``.
        :param identity_url: The identity base URL, together with ``api_url``. Default: that of
            ``environment``.
        :param environment: ``prod``, ``preview``, ``int`` or ``dev``: picks both hosts. Default:
            ``prod``.
        :param tenant_id: The tenant of resources that declare none. Default: the
            credentials' tenant.
        :param ca_bundle: Path of a PEM file with a private certificate authority. Default: the
            usual authorities.
        :param request_timeout: Seconds that one try of a request may take, 1 to 600.
            Default: 30.
        :param max_retries: How often a request is repeated, 0 to 20. Default: 5.
        :param max_connections: How many requests may run at once, 1 to 256. The dynamic host has
            4 threads, so more help the native plugin only. Default: 4; 32 in the native plugin.
        :param api_token: An API token of the portal, valid for its tenant. Default: none.
        :param tenant_tokens: Tenant ID -> API token, for several tenants. Default: none.
        :param client_id: A client ID, with ``client_secret`` or ``refresh_token``. Default: none.
        :param client_secret: The secret of the client. Default: none.
        :param refresh_token: A refresh token, with ``client_id``. Default: none.
        :param opts: Pulumi's resource options.
        """
        arguments.require_options(opts)
        tokens = 'tenant_tokens={"<tenant ID>": "<token>"}'
        arguments.require_mapping("tenant_tokens", tenant_tokens, tokens)
        plain = {
            "apiUrl": api_url,
            "identityUrl": identity_url,
            "environment": environment,
            "tenantId": tenant_id,
            "caBundle": ca_bundle,
            "requestTimeout": _text(request_timeout),
            "maxRetries": _text(max_retries),
            "maxConnections": _text(max_connections),
            "clientId": client_id,
        }
        secret = {
            "apiToken": api_token,
            "tenantTokens": _json(tenant_tokens),
            "clientSecret": client_secret,
            "refreshToken": refresh_token,
        }
        props: dict[str, Any] = {configured(key): value for key, value in plain.items()}
        for key, value in secret.items():
            props[configured(key)] = None if value is None else pulumi.Output.secret(value)
        props[configured(EXPLICIT)] = explicit(getattr(opts, "env_var_mappings", None))
        super().__init__("pulumi-python", resource_name, props, opts)


def _text(value: Any) -> Any:
    return None if value is None else pulumi.Output.from_input(value).apply(str)


def _json(value: Any) -> Any:
    return None if value is None else pulumi.Output.from_input(value).apply(json.dumps)
