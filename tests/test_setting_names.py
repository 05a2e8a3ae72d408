from __future__ import annotations

import pytest

from olt_provider.setting_names import configured, variable

KEYS = [
    ("apiUrl", "olt:apiUrl", "OLT_API_URL"),
    ("identityUrl", "olt:identityUrl", "OLT_IDENTITY_URL"),
    ("environment", "olt:environment", "OLT_ENVIRONMENT"),
    ("tenantId", "olt:tenantId", "OLT_TENANT_ID"),
    ("caBundle", "olt:caBundle", "OLT_CA_BUNDLE"),
    ("requestTimeout", "olt:requestTimeout", "OLT_REQUEST_TIMEOUT"),
    ("maxRetries", "olt:maxRetries", "OLT_MAX_RETRIES"),
    ("maxConnections", "olt:maxConnections", "OLT_MAX_CONNECTIONS"),
    ("apiToken", "olt:apiToken", "OLT_API_TOKEN"),
    ("tenantTokens", "olt:tenantTokens", "OLT_TENANT_TOKENS"),
    ("clientId", "olt:clientId", "OLT_CLIENT_ID"),
    ("clientSecret", "olt:clientSecret", "OLT_CLIENT_SECRET"),
    ("refreshToken", "olt:refreshToken", "OLT_REFRESH_TOKEN"),
]


@pytest.mark.parametrize(("key", "in_stack", "in_environment"), KEYS)
def test_a_key_is_called(key: str, in_stack: str, in_environment: str) -> None:
    assert (configured(key), variable(key)) == (in_stack, in_environment)
