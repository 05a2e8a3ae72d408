from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from olt_provider.api.applications import (
    AllowedTenantRegistration,
    ApplicationPatch,
    ApplicationRegistration,
)
from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ConfigurationError, RequestError
from olt_provider.api.tokens import ApiToken
from tests.api.conftest import MakeTransport, client_of
from tests.api.samples import (
    APPLICATION,
    CLIENT,
    NOW,
    OTHER_TENANT,
    SECRET,
    TENANT,
    TOKEN,
    application,
    registered,
)
from tests.api.scripted_server import (
    ScriptedResponse,
    ScriptedServer,
    data_response,
    error_response,
    list_response,
)

ALL = "/v1/application-developer/applications"
ONE = f"{ALL}/{APPLICATION}"


def test_a_registration_is_posted_to_the_developers_applications(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response(registered()))
    tenant.applications.register(ApplicationRegistration(name="Sample Application"))
    assert (server.only.method, server.only.target) == ("POST", ALL)


def test_a_registration_sends_only_the_fields_that_are_set(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response(registered()))
    tenant.applications.register(ApplicationRegistration(name="Sample Application"))
    assert server.only.json == {"name": "Sample Application"}


def test_a_registration_sends_every_field_under_its_documented_name(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response(registered()))
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
    server.enqueue(data_response(registered(), status))
    response = tenant.applications.register(ApplicationRegistration(name="Sample Application"))
    assert response.oauth2_client.secret is not None
    assert response.oauth2_client.secret.get_secret_value() == SECRET


def without(data: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in fields}


ABSENT = ("allowedTenants", "status", "createdAt", "tenantId", "name", "withPublicOauth2Client")


@pytest.mark.parametrize("absent", [*((field,) for field in ABSENT), ABSENT], ids=str)
def test_registration_reads_what_its_response_lacks(
    server: ScriptedServer, tenant: TenantClient, absent: tuple[str, ...]
) -> None:
    whole = application(name="x", status="inactive")
    server.enqueue(data_response(without(registered(), *absent)), data_response(whole))
    response = tenant.applications.register(ApplicationRegistration(name="x"))
    assert response.oauth2_client.secret is not None
    assert response.oauth2_client.secret.get_secret_value() == SECRET
    assert (response.name, response.status, response.tenant_id) == ("x", "inactive", TENANT)
    assert [sent.method for sent in server.received] == ["POST", "GET"]


@pytest.mark.parametrize("absent", [*((field,) for field in ABSENT), ABSENT], ids=str)
@pytest.mark.parametrize(
    "failure", [error_response(403), error_response(404), ScriptedResponse(200, b"<html>")]
)
def test_registration_keeps_the_secret_where_the_rest_cannot_be_read(
    server: ScriptedServer, tenant: TenantClient, failure: ScriptedResponse, absent: tuple[str, ...]
) -> None:
    server.enqueue(data_response(without(registered(), *absent)))
    server.always = failure
    registration = ApplicationRegistration(name="Sample Application")
    response = tenant.applications.register(registration)
    assert response.oauth2_client.secret is not None
    assert response.oauth2_client.secret.get_secret_value() == SECRET
    assert (response.id, response.oauth2_client.id) == (APPLICATION, CLIENT)
    assert (response.name, response.tenant_id) == ("Sample Application", TENANT)


def test_registration_with_the_secret_beside_the_client_keeps_it(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response(application(secret=SECRET)))
    response = tenant.applications.register(ApplicationRegistration(name="x"))
    assert response.oauth2_client.secret is not None


@pytest.mark.parametrize("absent", [{"allowedTenants": None}, {}], ids=["null", "absent"])
def test_allowed_tenants_that_an_application_lacks_are_read_from_their_own_list(
    server: ScriptedServer, tenant: TenantClient, absent: dict[str, None]
) -> None:
    odd: dict[str, Any] = {**without(application(), "allowedTenants"), **absent}
    allowed = {"tenantId": TENANT, "installed": True, "comment": "x"}
    server.enqueue(data_response(odd), list_response(allowed))
    (found,) = tenant.applications.get(APPLICATION).allowed_tenants
    assert (found.tenant_id, found.installed, found.comment) == (TENANT, True, "x")


def test_list_with_an_odd_application_returns_all(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    odd: dict[str, Any] = without(application(name="odd", status="suspended"), "allowedTenants")
    server.enqueue(
        list_response(application(name="a"), odd, application(name="b")), list_response()
    )
    found = list(tenant.applications.list())
    assert [item.name for item in found] == ["a", "odd", "b"]
    assert found[1].status == "suspended"


def test_ids_and_names_are_listed_if_other_fields_cannot_be_read(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    odd: dict[str, Any] = {"id": OTHER_TENANT, "name": None, "oauth2Client": 7, "status": []}
    server.enqueue(list_response(odd, application()))
    listed = [(item.id, item.name) for item in tenant.applications.listed()]
    assert listed == [(OTHER_TENANT, ""), (APPLICATION, "Sample Application")]


@pytest.mark.parametrize("odd", [without(application(), "id"), {"id": "x"}, {"id": 7}, 7, None])
def test_list_leaves_out_an_application_without_a_readable_id_and_reports_it(
    server: ScriptedServer, make_transport: MakeTransport, odd: Any
) -> None:
    reports: list[str] = []
    server.enqueue(list_response(odd, application(name="a")))
    transport = make_transport(notify=reports.append)
    token = ApiToken(SecretStr(TOKEN), origin="the API token", clock=lambda: NOW)
    tenant = client_of(transport, transport, token).as_tenant(TENANT)
    assert [item.name for item in tenant.applications.list()] == ["a"]
    (report,) = reports
    assert report.startswith("left out of a list: GET /application-developer/applications: ")


def test_list_does_not_leave_out_an_application_whose_tenants_could_not_be_read(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(
        list_response(without(application(), "allowedTenants")), ScriptedResponse(200, b"<html>")
    )
    with pytest.raises(RequestError, match=r"allowed-tenants .* a body that is not JSON"):
        list(tenant.applications.list())


def test_pages_leave_out_what_cannot_be_read(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(list_response({"id": OTHER_TENANT}, application(), 7))
    assert [[item.id for item in page] for page in tenant.applications.pages()] == [[APPLICATION]]


@pytest.mark.parametrize("secret", [{}, {"secret": None}, {"secret": ""}])
def test_a_registration_without_a_secret_is_an_unusable_response(
    server: ScriptedServer, tenant: TenantClient, secret: dict[str, str | None]
) -> None:
    client = {"id": APPLICATION, "type": "confidental", **secret}
    server.enqueue(data_response(application(oauth2Client=client)))
    with pytest.raises(RequestError, match="no client secret") as caught:
        tenant.applications.register(ApplicationRegistration(name="Sample Application"))
    assert caught.value.sent


def test_a_registration_whose_response_is_unusable_may_have_happened(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(ScriptedResponse(200, b"<html>"))
    with pytest.raises(RequestError) as caught:
        tenant.applications.register(ApplicationRegistration(name="Sample Application"))
    assert caught.value.sent


def test_one_application_is_got_by_its_id(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(data_response(application()))
    tenant.applications.get(APPLICATION)
    assert (server.only.method, server.only.target, server.only.body) == ("GET", ONE, b"")


def test_the_response_to_a_get_is_an_application(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response(application(name="Other")))
    assert tenant.applications.get(APPLICATION).name == "Other"


def test_an_id_in_capitals_names_the_same_application(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response(application()))
    tenant.applications.get(APPLICATION.upper())
    assert server.only.target == ONE


def test_the_list_is_asked_for_by_page(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(list_response())
    list(tenant.applications.list())
    assert (server.only.method, server.only.path) == ("GET", ALL)
    assert server.only.query == {"page": "0", "pageSize": "100"}


def test_the_list_returns_all_applications(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(list_response(application(name="a"), application(name="b")))
    assert [item.name for item in tenant.applications.list()] == ["a", "b"]


def test_a_patch_sends_only_the_fields_that_are_set(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response(application()))
    tenant.applications.patch(APPLICATION, ApplicationPatch(name="New"))
    assert (server.only.method, server.only.target) == ("PATCH", ONE)
    assert server.only.json == {"name": "New"}


def test_a_patch_clears_with_the_documented_values(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response(application()))
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
    server.enqueue(data_response(application()))
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
    server.enqueue(data_response(application(status="inactive")))
    response = tenant.applications.patch(APPLICATION, ApplicationPatch(status="inactive"))
    assert response.status == "inactive"


@pytest.mark.parametrize(
    "response",
    [
        ScriptedResponse(204),
        ScriptedResponse(200),
        data_response(None),
        data_response(without(application(), "tenantId")),
    ],
    ids=["204", "empty 200", "null", "incomplete"],
)
def test_a_patch_whose_response_lacks_the_application_reads_it(
    server: ScriptedServer, tenant: TenantClient, response: ScriptedResponse
) -> None:
    server.enqueue(response, data_response(application(status="inactive")))
    changed = tenant.applications.patch(APPLICATION, ApplicationPatch(status="inactive"))
    assert changed.status == "inactive"
    assert [sent.method for sent in server.received] == ["PATCH", "GET"]


def test_a_patch_that_cannot_be_read_again_was_made_all_the_same(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(ScriptedResponse(204), error_response(403))
    with pytest.raises(RequestError, match=r"the change was made, but .* returned 403") as caught:
        tenant.applications.patch(APPLICATION, ApplicationPatch(status="inactive"))
    assert caught.value.sent


@pytest.mark.parametrize("response", [ScriptedResponse(204), data_response({})])
def test_a_delete_takes_204_and_200(
    server: ScriptedServer, tenant: TenantClient, response: ScriptedResponse
) -> None:
    server.enqueue(response)
    tenant.applications.delete(APPLICATION)
    assert (server.only.method, server.only.target, server.only.body) == ("DELETE", ONE, b"")


@pytest.mark.parametrize(
    "data",
    [
        {"oauth2Client": {"id": APPLICATION, "secret": "new-secret", "type": "confidental"}},
        {"secret": "new-secret"},
        {"oauth2Client": {"secret": "new-secret"}},
        {"oauth2Client": {"id": 7, "secret": "new-secret", "type": None}},
        {"oauth2Client": None, "secret": "new-secret"},
        application(oauth2Client={"id": APPLICATION, "secret": "new-secret"}, secret=None),
    ],
    ids=[
        "in the client",
        "beside it",
        "without an ID",
        "with odd fields",
        "beside no client",
        "in a whole application",
    ],
)
def test_a_new_secret_is_found_in_each_shape_of_the_response(
    server: ScriptedServer, tenant: TenantClient, data: dict[str, object]
) -> None:
    server.enqueue(data_response(data))
    assert tenant.applications.new_secret(APPLICATION).get_secret_value() == "new-secret"


@pytest.mark.parametrize("status", [200, 201])
def test_a_new_secret_is_asked_for_with_an_empty_post(
    server: ScriptedServer, tenant: TenantClient, status: int
) -> None:
    server.enqueue(data_response({"secret": "new-secret"}, status))
    tenant.applications.new_secret(APPLICATION)
    sent = server.only
    assert (sent.method, sent.target, sent.body) == ("POST", f"{ONE}/secret", b"")


@pytest.mark.parametrize("data", [{}, {"secret": ""}, {"oauth2Client": {"id": APPLICATION}}])
def test_a_response_without_the_new_secret_is_unusable(
    server: ScriptedServer, tenant: TenantClient, data: dict[str, object]
) -> None:
    server.enqueue(data_response(data))
    with pytest.raises(RequestError, match="no client secret"):
        tenant.applications.new_secret(APPLICATION)


@pytest.mark.parametrize("wrong", ["", ".", "..", "a/b", "not-a-uuid", f"{APPLICATION}/secret"])
def test_what_is_no_id_never_becomes_a_path(
    server: ScriptedServer, tenant: TenantClient, wrong: str
) -> None:
    with pytest.raises(ConfigurationError, match="application ID"):
        tenant.applications.delete(wrong)
    assert server.received == []
