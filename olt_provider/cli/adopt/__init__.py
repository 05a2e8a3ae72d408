"""``olt adopt``: the program that takes over what runs without Pulumi."""
