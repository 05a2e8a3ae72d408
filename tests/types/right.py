"""Programs that a type checker accepts, and the types that it derives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from typing_extensions import assert_type

from olt_provider import (
    AdoptArgs,
    AdoptArgsDict,
    AllowedTenantArgs,
    OltApplication,
    OltBackgroundApplication,
    OltBackgroundApplicationPair,
    OltError,
    OltInstallation,
    Provider,
    get_application,
    get_application_output,
    get_installation_output,
)

options = pulumi.ResourceOptions()
app = OltApplication("app", options, status="active", allowed_tenants={"t": None})
OltApplication("listed", allowed_tenants=["t", AllowedTenantArgs("t"), {"tenant_id": app.id}])
OltApplication("adopted", adopt={"application_id": "i", "client_secret": app.client_secret})
adoption: AdoptArgsDict = {"application_id": "i"}
OltApplication("adopted-too", adopt=adoption, opts=options)
OltApplication("adopted-as-well", adopt=AdoptArgs("i"))
OltApplication.get("other", "i", options, tenant_id="t")
OltInstallation("installation", options, application_id=app.id, tenant_id="t")
OltInstallation.get("installed", "t/i", options)
OltBackgroundApplication("job", options, tenants=["t", {"tenant_id": "u", "comment": "x"}])
pair = OltBackgroundApplicationPair("pair", options, generation=2, tenants={"t": None})
Provider("provider", options, environment="int")

assert_type(app.client_id, pulumi.Output[str])
assert_type(pair.client_secret, pulumi.Output[str])
assert_type(pair.first, OltBackgroundApplication)
assert_type(app.allowed_tenants, pulumi.Output[Mapping[str, str] | None])
found = get_application_output(app.id)
assert_type(found.client_id, pulumi.Output[str])
assert_type(found.public_client_id, pulumi.Output[str | None])
assert_type(found.installed_tenants, pulumi.Output[Sequence[str]])
assert_type(get_installation_output(app.id).installed_at, pulumi.Output[str])
try:
    assert_type(get_application("i").client_id, str)
except OltError as error:
    pulumi.log.warn(str(error))
