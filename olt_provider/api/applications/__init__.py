"""``/application-developer/applications``: the applications that a tenant owns."""
