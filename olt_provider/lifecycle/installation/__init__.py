"""The lifecycle of an installation: its properties, checks, diff and operations."""
