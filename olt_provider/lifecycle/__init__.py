"""The lifecycle of resources: declarations, plans and operations, typed and without Pulumi.

For each resource: ``model`` has the property tables, ``declaration`` checks and compares, and
``operations`` creates, reads, updates and deletes. ``plan`` decides which calls a change needs, and
``application.execution`` makes them. ``provider_context`` and ``tenant_session`` hold the objects
that the operations share.
"""
