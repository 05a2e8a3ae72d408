"""Read previews, for ``olt review``, ``graph``, ``adopt`` and ``verify``.

- ``cli_input``: a preview from a file or from standard input.
- ``steps``: the engine's JSON, as typed values.
- ``types``: names of both forms, converted to those of the dynamic form.
- ``resources``: the steps of each resource, as its state before and after.
- ``stack``: the applications and installations of the stack before and after a run.
- ``facts``: the known values of an application.
- ``plans``: the lifecycle's plan of each update.
"""
