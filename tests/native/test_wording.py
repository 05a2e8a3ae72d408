from __future__ import annotations

import pytest

from olt_provider.native.reporting import wording


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("declare tenant_id", "declare tenantId"),
        ('declare tenant_id="T" to confirm', 'declare tenantId: "T" to confirm'),
        ("set force_destroy=True and run", "set forceDestroy: true and run"),
        ("With prevent_duplicate_name=False look", "With preventDuplicateName: false look"),
        ("declare allowed_tenants={}", "declare allowedTenants: {}"),
        (
            'declare adopt=AdoptArgs(application_id="A") and run',
            'declare adopt: {applicationId: "A"} and run',
        ),
        (
            "adopt=AdoptArgs(application_id=...) with its ID",
            "adopt: {applicationId: ...} with its ID",
        ),
        (
            'add to it opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="OLD")]), with its',
            'add to it the resource option aliases: [{name: "OLD"}], with its',
        ),
        ("set delete_before_replace=True, or", "set deleteBeforeReplace: true, or"),
        ("with env_var_mappings in its options", "with envVarMappings in its options"),
        ("for example with find_applications", "for example with findApplications"),
        ("application 'my_tenant_id' stays", "application 'my_tenant_id' stays"),
        ("some_other_name", "some_other_name"),
    ],
)
def test_names_of_properties_are_in_camel_case(text: str, expected: str) -> None:
    assert wording.of(text) == expected
