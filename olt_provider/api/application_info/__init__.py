"""``/application-info``: only for an application's own client-credentials tokens."""
