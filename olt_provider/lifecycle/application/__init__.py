"""The lifecycle of an application: its properties, checks, diff, plan execution and operations."""
