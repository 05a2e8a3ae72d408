// Registers an application and installs it in the owner's tenant.
import * as olt from "@pulumi/olt";

const app = new olt.Application("readers", {
    name: "Readers",
    teaserDescription: "Reads the tenant's devices",
    allowedTenants: { "a0000000-0000-4000-8000-00000000000a": "the owner" },
});

const installation = new olt.Installation("readers", {
    applicationId: app.id,
});

export const tenantId = installation.tenantId;
export const clientId = app.clientId;
export const clientSecret = app.clientSecret;
