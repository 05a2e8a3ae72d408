"""Policies for ``pulumi --policy-pack``. Needs the extra ``pulumi-olt[policy]``.

A pack is a folder with ``PulumiPolicy.yaml`` and this ``__main__.py``::

    from olt_provider.policy import policies
    from pulumi_policy import EnforcementLevel, PolicyPack

    PolicyPack("olt", policies(), EnforcementLevel.MANDATORY)
"""

from __future__ import annotations

from olt_provider.policy.pack import NAMES, policies

__all__ = ["NAMES", "policies"]
