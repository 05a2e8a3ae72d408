"""What to do where the platform refuses a background application."""

from __future__ import annotations

from olt_provider.api.errors import ApiError


def remedy(tenant: str, error: ApiError) -> str:
    """What to do about a refusal of the token endpoint."""
    if error.error_code in {"invalid_client", "unauthorized_client"}:
        return "check client_id and client_secret (a new secret makes the one before it invalid)"
    if not error.from_platform:
        return "check environment or identity_url"
    return has_to_be_installed(tenant)


def has_to_be_installed(tenant: str) -> str:
    """What to do about a refusal where the credentials are right."""
    return f"the application has to be active, and installed in tenant {tenant}"
