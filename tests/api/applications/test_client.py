from __future__ import annotations

import pytest

from olt_provider.api.applications.domain import (
    AllowedTenantRegistration,
    ApplicationPatch,
    ApplicationRegistration,
)
from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ConfigurationError, RequestError
from tests.api.samples import APPLICATION, OTHER_TENANT, SECRET, application, registered
from tests.api.scripted_server import Answer, ScriptedServer, data_answer, json_answer

ALL = "/v1/application-developer/applications"
ONE = f"{ALL}/{APPLICATION}"


def test_a_registration_is_posted_to_the_developers_applications(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(data_answer(registered()))
    tenant.applications.register(ApplicationRegistration(name="Sample Application"))
    assert (server.only.method, server.only.target) == ("POST", ALL)


def test_a_registration_sends_only_the_fields_that_are_set(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(data_answer(registered()))
    tenant.applications.register(ApplicationRegistration(name="Sample Application"))
    assert server.only.json == {"name": "Sample Application"}


def test_a_registration_sends_every_field_under_its_documented_name(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(data_answer(registered()))
    tenant.applications.register(
        ApplicationRegistration(
            name="Sample Application",
            teaser_description="It samples.",
            url="https://sample.example",
            with_public_oauth2_client=True,
            redirect_uris=("https://sample.example/back",),
            allowed_tenants=(
                AllowedTenantRegistration(tenant_id=OTHER_TENANT),
                AllowedTenantRegistration(tenant_id=APPLICATION, comment="partner"),
            ),
        )
    )
    assert server.only.json == {
        "name": "Sample Application",
        "teaserDescription": "It samples.",
        "url": "https://sample.example",
        "withPublicOauth2Client": True,
        "redirectUris": ["https://sample.example/back"],
        "allowedTenants": [
            {"tenantId": OTHER_TENANT},
            {"tenantId": APPLICATION, "comment": "partner"},
        ],
    }


@pytest.mark.parametrize("status", [200, 201])
def test_a_registration_returns_the_secret(
    server: ScriptedServer, tenant: TenantClient, status: int
) -> None:
    server.answers(data_answer(registered(), status))
    answer = tenant.applications.register(ApplicationRegistration(name="Sample Application"))
    assert answer.oauth2_client.secret is not None
    assert answer.oauth2_client.secret.get_secret_value() == SECRET


@pytest.mark.parametrize("secret", [{}, {"secret": None}, {"secret": ""}])
def test_a_registration_without_a_secret_is_an_unusable_answer(
    server: ScriptedServer, tenant: TenantClient, secret: dict[str, str | None]
) -> None:
    client = {"id": APPLICATION, "type": "confidental", **secret}
    server.answers(data_answer(application(oauth2Client=client)))
    with pytest.raises(RequestError, match="no client secret") as caught:
        tenant.applications.register(ApplicationRegistration(name="Sample Application"))
    assert caught.value.sent


def test_a_registration_whose_answer_is_unusable_may_have_happened(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(Answer(200, b"<html>"))
    with pytest.raises(RequestError) as caught:
        tenant.applications.register(ApplicationRegistration(name="Sample Application"))
    assert caught.value.sent


def test_one_application_is_got_by_its_id(server: ScriptedServer, tenant: TenantClient) -> None:
    server.answers(data_answer(application()))
    tenant.applications.get(APPLICATION)
    assert (server.only.method, server.only.target, server.only.body) == ("GET", ONE, b"")


def test_the_answer_to_a_get_is_an_application(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(data_answer(application(name="Other")))
    assert tenant.applications.get(APPLICATION).name == "Other"


def test_an_id_in_capitals_names_the_same_application(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(data_answer(application()))
    tenant.applications.get(APPLICATION.upper())
    assert server.only.target == ONE


def test_the_list_is_asked_for_by_page(server: ScriptedServer, tenant: TenantClient) -> None:
    server.answers(json_answer({"data": []}))
    list(tenant.applications.list())
    assert (server.only.method, server.only.path) == ("GET", ALL)
    assert server.only.query == {"page": "0", "pageSize": "100"}


def test_the_list_returns_all_applications(server: ScriptedServer, tenant: TenantClient) -> None:
    server.answers(json_answer({"data": [application(name="a"), application(name="b")]}))
    assert [item.name for item in tenant.applications.list()] == ["a", "b"]


def test_a_patch_sends_only_the_fields_that_are_set(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(data_answer(application()))
    tenant.applications.patch(APPLICATION, ApplicationPatch(name="New"))
    assert (server.only.method, server.only.target) == ("PATCH", ONE)
    assert server.only.json == {"name": "New"}


def test_a_patch_clears_with_the_documented_values(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(data_answer(application()))
    cleared = ApplicationPatch(
        teaser_description="",
        url=None,
        redirect_uris=(),
        with_public_oauth2_client=False,
        status="active",
    )
    tenant.applications.patch(APPLICATION, cleared)
    assert server.only.json == {
        "teaserDescription": "",
        "url": None,
        "redirectUris": [],
        "withPublicOauth2Client": False,
        "status": "active",
    }


def test_a_patch_sends_every_field_under_its_documented_name(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(data_answer(application()))
    patch = ApplicationPatch(
        name="New",
        teaser_description="It samples.",
        url="https://sample.example",
        with_public_oauth2_client=True,
        redirect_uris=("https://sample.example/back",),
        status="inactive",
    )
    tenant.applications.patch(APPLICATION, patch)
    assert server.only.json == {
        "name": "New",
        "teaserDescription": "It samples.",
        "url": "https://sample.example",
        "withPublicOauth2Client": True,
        "redirectUris": ["https://sample.example/back"],
        "status": "inactive",
    }


def test_a_patch_returns_the_application_as_it_is_now(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(data_answer(application(status="inactive")))
    answer = tenant.applications.patch(APPLICATION, ApplicationPatch(status="inactive"))
    assert answer.status == "inactive"


@pytest.mark.parametrize("answer", [Answer(204), data_answer({})])
def test_a_delete_takes_204_and_200(
    server: ScriptedServer, tenant: TenantClient, answer: Answer
) -> None:
    server.answers(answer)
    tenant.applications.delete(APPLICATION)
    assert (server.only.method, server.only.target, server.only.body) == ("DELETE", ONE, b"")


@pytest.mark.parametrize(
    "data",
    [
        {"oauth2Client": {"id": APPLICATION, "secret": "new-secret", "type": "confidental"}},
        {"secret": "new-secret"},
        {"oauth2Client": None, "secret": "new-secret"},
        application(oauth2Client={"id": APPLICATION, "secret": "new-secret"}, secret=None),
    ],
    ids=["in the client", "beside it", "beside no client", "in a whole application"],
)
def test_a_new_secret_is_found_in_each_shape_of_the_answer(
    server: ScriptedServer, tenant: TenantClient, data: dict[str, object]
) -> None:
    server.answers(data_answer(data))
    assert tenant.applications.new_secret(APPLICATION).get_secret_value() == "new-secret"


@pytest.mark.parametrize("status", [200, 201])
def test_a_new_secret_is_asked_for_with_an_empty_post(
    server: ScriptedServer, tenant: TenantClient, status: int
) -> None:
    server.answers(data_answer({"secret": "new-secret"}, status))
    tenant.applications.new_secret(APPLICATION)
    sent = server.only
    assert (sent.method, sent.target, sent.body) == ("POST", f"{ONE}/secret", b"")


@pytest.mark.parametrize("data", [{}, {"secret": ""}, {"oauth2Client": {"id": APPLICATION}}])
def test_an_answer_without_the_new_secret_is_unusable(
    server: ScriptedServer, tenant: TenantClient, data: dict[str, object]
) -> None:
    server.answers(data_answer(data))
    with pytest.raises(RequestError, match="no client secret"):
        tenant.applications.new_secret(APPLICATION)


@pytest.mark.parametrize("wrong", ["", ".", "..", "a/b", "not-a-uuid", f"{APPLICATION}/secret"])
def test_what_is_no_id_never_becomes_a_path(
    server: ScriptedServer, tenant: TenantClient, wrong: str
) -> None:
    with pytest.raises(ConfigurationError, match="application ID"):
        tenant.applications.delete(wrong)
    assert server.received == []
