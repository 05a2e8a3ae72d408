"""Benchmarks of the provider against a no-op provider and a naive one."""
