"""What to do where the platform refuses a background application."""

from __future__ import annotations

from olt_provider.api.errors import ApiError
from olt_provider.api.token_remedies import REFUSED_CLIENT, token_remedy


def remedy(tenant: str, error: ApiError) -> str:
    """What to do about a refusal of the token endpoint."""
    refused = has_to_be_installed(tenant)
    if error.error_code in REFUSED_CLIENT:
        refused = "check client_id and client_secret (a new secret makes the one before it invalid)"
    return token_remedy(error, address="environment or identity_url", refused=refused)


def has_to_be_installed(tenant: str) -> str:
    """What to do about a refusal where the credentials are right."""
    return f"the application has to be active, and installed in tenant {tenant}"
