"""``/devices``: the proof that an application can access a tenant's data."""
