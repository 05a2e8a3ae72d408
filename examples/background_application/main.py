"""A background application: lists its tenant's devices, and who has it installed.

Not a Pulumi program: it is what the quickstart's application may do once it is registered and
installed. It takes its credentials from the quickstart's outputs,

    pulumi stack output --json --show-secrets | python examples/background_application/main.py -

or from the environment: APP_CLIENT_ID, APP_CLIENT_SECRET and APP_TENANT_ID. Where the platform is,
OLT_ENVIRONMENT (default: prod), or OLT_API_URL and OLT_IDENTITY_URL, and OLT_CA_BUNDLE decide.
"""

from __future__ import annotations

import json
import os
import sys

from olt_provider.background import BackgroundClient, ConfigurationError, OltError

OUTPUTS = ("client_id", "client_secret", "tenant_id")


def credentials(arguments: list[str]) -> list[str]:
    """In the order of ``OUTPUTS``: from stdin where the argument is ``-``."""
    if arguments != ["-"]:
        return [os.environ.get(f"APP_{name.upper()}", "") for name in OUTPUTS]
    try:
        outputs = json.load(sys.stdin)
        return [str(outputs[name]) for name in OUTPUTS]
    except (ValueError, TypeError, KeyError):
        needed = ", ".join(OUTPUTS)
        raise ConfigurationError(f"stdin is not the JSON of a stack's outputs {needed}") from None


def connect(arguments: list[str]) -> BackgroundClient:
    """The platform, authenticated as the tenant."""
    client_id, client_secret, tenant_id = credentials(arguments)
    return BackgroundClient(
        client_id,
        client_secret,
        tenant_id,
        environment=os.environ.get("OLT_ENVIRONMENT") or "prod",
        api_url=os.environ.get("OLT_API_URL"),
        identity_url=os.environ.get("OLT_IDENTITY_URL"),
        ca_bundle=os.environ.get("OLT_CA_BUNDLE"),
    )


def main(arguments: list[str]) -> int:
    try:
        with connect(arguments) as client:
            print(f"Devices of tenant {client.tenant_id}:")
            for device in client.devices():
                print(f"  {device.id}  {device.info.name}")
            print("Installed in:")
            for tenant in client.installed_tenants():
                print(f"  {tenant.tenant_id}  {tenant.name}")
    except OltError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
