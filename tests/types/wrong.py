"""Mistakes that a type checker reports, each in the line that is marked."""

from __future__ import annotations

import pulumi

from olt_provider import (
    AdoptArgs,
    OltApplication,
    OltBackgroundApplication,
    OltBackgroundApplicationPair,
    OltInstallation,
    get_application_output,
)

OltApplication("a", status="asleep")  # arg-type
OltApplication("b", allowed_tenants=7)  # arg-type
OltApplication("c", adopt="i")  # arg-type
OltApplication("d", adopt={"applicationId": "i"})  # arg-type
OltApplication("e", adopt={"client_secret": "s"})  # arg-type
OltApplication("f", "a name")  # arg-type
OltApplication("g", rotate_secret_when_changed="today")  # arg-type
OltInstallation("h")  # call-arg
OltInstallation("i", pulumi.ResourceOptions(), tenant_id="t")  # call-arg
OltBackgroundApplication("j")  # call-arg
OltBackgroundApplication("k", tenants=7)  # arg-type
OltBackgroundApplicationPair("l", tenants=["t"])  # call-arg
OltBackgroundApplicationPair("m", generation="1", tenants=["t"])  # arg-type
AdoptArgs()  # call-arg
number: pulumi.Output[int] = get_application_output("i").client_id  # assignment
