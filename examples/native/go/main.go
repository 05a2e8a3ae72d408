// Registers an application and installs it in the owner's tenant.
package main

import (
	"example.com/pulumi-olt/sdk/go/olt"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		app, err := olt.NewApplication(ctx, "readers", &olt.ApplicationArgs{
			Name:              pulumi.String("Readers"),
			TeaserDescription: pulumi.String("Reads the tenant's devices"),
			AllowedTenants: pulumi.StringMap{
				"a0000000-0000-4000-8000-00000000000a": pulumi.String("the owner"),
			},
		})
		if err != nil {
			return err
		}
		installation, err := olt.NewInstallation(ctx, "readers", &olt.InstallationArgs{
			ApplicationId: app.ID(),
		})
		if err != nil {
			return err
		}
		ctx.Export("tenantId", installation.TenantId)
		ctx.Export("clientId", app.ClientId)
		ctx.Export("clientSecret", app.ClientSecret)
		return nil
	})
}
