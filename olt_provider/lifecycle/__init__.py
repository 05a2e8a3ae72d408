"""The lifecycle of resources: declarations, plans and operations, typed and without Pulumi."""
