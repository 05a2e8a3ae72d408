"""Compares a review with the effects of the following ``pulumi up`` on the platform."""
