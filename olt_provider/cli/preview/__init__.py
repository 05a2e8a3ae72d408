"""The reader of previews, for ``olt review``, ``graph``, ``adopt`` and ``verify``.

``steps``: what the engine prints. ``types``: names of both hosts in one form. ``resources``: steps
of one resource, before and after. ``stack``: applications and installations before and after a run.
``facts``: what is known of an application. ``plans``: the lifecycle's plans of its updates.
``cli_input``: a preview from a file or from standard input.
"""
