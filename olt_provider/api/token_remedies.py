"""Remedies for requests that the token endpoint refuses."""

from __future__ import annotations

from typing import Final

from olt_provider.api.errors import ApiError

TEMPORARY: Final = frozenset({408, 425, 429})
OAUTH: Final = frozenset({400, 401, 403})
"""Statuses of a token endpoint's refusals. Keycloak's 404 with an ``error`` is: no such realm."""
REFUSED_CLIENT: Final = frozenset({"invalid_client", "unauthorized_client"})
NOT_OURS: Final = frozenset({"unsupported_grant_type", "invalid_scope"})
"""Statuses that other credentials do not change."""
NO_SECRET_TRIED: Final = ("service account", "not enabled", "not allowed", "disabled")
"""Words in the descriptions of refusals that do not concern the secret."""


def token_remedy(error: ApiError, *, address: str, refused: str) -> str:
    """Return the remedy for ``error``.

    ``address`` is the name of the setting with the identity server's URL. ``refused`` is the remedy
    if the token endpoint itself refused the credentials.
    """
    if error.status in TEMPORARY or error.status >= 500:
        return "the identity server is busy or down, so try again later"
    own = error.from_platform and error.status in OAUTH
    if own and error.error_code not in NOT_OURS:
        return refused
    return f"this is not the token endpoint of the OLT platform: check {address}"


def has_to_be_installed(tenant_id: str) -> str:
    """Return the remedy for refused client credentials that are right."""
    return f"the application has to be active and installed in tenant {tenant_id}"


def proves_secret_wrong(error: ApiError) -> bool:
    """Whether a refusal proves that the client secret is wrong.

    Only for a client that is active, and allowed in that tenant: Keycloak returns the same to any
    secret of a client that is disabled. ``unauthorized_client`` also means that a client may not
    use the grant.
    """
    if error.status not in {400, 401} or error.error_code not in REFUSED_CLIENT:
        return False
    description = (error.error_message or "").lower()
    if any(words in description for words in NO_SECRET_TRIED):
        return False
    return (
        error.error_code == "invalid_client"
        or "secret" in description
        or "credentials" in description
    )
