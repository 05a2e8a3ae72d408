"""``/application-developer/applications/{applicationId}/allowed-tenants``: who may install."""
