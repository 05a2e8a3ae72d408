"""Shared code of the dynamic form's resources: the provider process, states and run journal."""
