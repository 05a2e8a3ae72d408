"""Shared helpers of the engine tests: programs, and stacks that use the emulator."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from olt_provider.emulator import Emulator
from tests.emulated import calls_of

APPLICATION = """
import pulumi
from olt_provider import AdoptArgs, AllowedTenantArgs, OltApplication, OltInstallation

app = OltApplication("app", {arguments})
pulumi.export("client_id", app.client_id)
pulumi.export("client_secret", app.client_secret)
"""

INSTALLATION = """
OltInstallation("installation", application_id=app.id, tenant_id={tenant_id!r})
"""


INTERRUPTED: Final = re.compile(
    r"Traceback \(most recent call last\)(?:(?!Traceback).)*?\bKeyboardInterrupt\b", re.DOTALL
)


def has_traceback(output: str) -> bool:
    """Whether the CLI's output has a traceback, other than of a program that was interrupted.

    Newer Python hosts interrupt a program when an operation fails, and it prints where it was.
    """
    return "Traceback" in INTERRUPTED.sub("", output)


def application(options: str = "", **declared: Any) -> str:
    """A program with one application; ``options`` is the source of its resource options."""
    arguments = [f"{key}={value!r}" for key, value in declared.items()]
    if options:
        arguments.append(f"opts=pulumi.ResourceOptions({options})")
    return APPLICATION.format(arguments=", ".join(arguments))


def installed(tenant_id: str, **declared: Any) -> str:
    """A program with one application and its installation in a tenant."""
    return application(**declared) + INSTALLATION.format(tenant_id=tenant_id)


def reaching(emulator: Emulator, token: str) -> dict[str, str]:
    """The environment that lets a stack reach the emulator with an API token."""
    return {
        "OLT_API_URL": emulator.api_url,
        "OLT_IDENTITY_URL": emulator.identity_url,
        "OLT_API_TOKEN": token,
    }


def counted(emulator: Emulator) -> list[str]:
    """The methods of all calls since the last count, in the order they ended."""
    methods = [call.method for call in calls_of(emulator)]
    emulator.clear_calls()
    return methods


def reaching_as(emulator: Emulator, *tenant_ids: str) -> dict[str, str]:
    """The environment that lets a stack reach the emulator with a token of each tenant."""
    tokens = {tenant_id: emulator.token(tenant_id) for tenant_id in tenant_ids}
    env = reaching(emulator, "") | {"OLT_TENANT_TOKENS": json.dumps(tokens)}
    del env["OLT_API_TOKEN"]
    return env


def steps_of(preview: dict[str, Any]) -> dict[str, str]:
    """Return the steps of a preview: resource name -> operation, without unchanged ones."""
    return {
        step["urn"].rsplit("::", 1)[1]: step["op"]
        for step in preview["steps"]
        if step["op"] != "same"
    }
