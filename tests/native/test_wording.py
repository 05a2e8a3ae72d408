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
        ("application 'my_tenant_id' stays", "application 'my_tenant_id' stays"),
        ("some_other_name", "some_other_name"),
    ],
)
def test_names_of_properties_are_in_camel_case(text: str, expected: str) -> None:
    assert wording.of(text) == expected
