"""The policy pack: `pulumi preview --policy-pack FOLDER --policy-pack-config CONFIG`."""

from __future__ import annotations

from pulumi_policy import EnforcementLevel, PolicyPack

from olt_provider.policy import policies

PolicyPack("olt", policies(), EnforcementLevel.MANDATORY)
