from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from olt_provider.api.applications import Application
from olt_provider.api.errors import RequestError
from olt_provider.api.model import parse
from tests.api.samples import (
    APPLICATION,
    CLIENT,
    OTHER_TENANT,
    SECRET,
    TENANT,
    application,
    registered,
)


def read(value: object) -> Application:
    return parse(Application, value, source="GET /x")


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in application().items() if name != field}


@pytest.mark.parametrize("spelling", ["confidental", "confidential"])
def test_both_spellings_of_the_client_type_are_reported_right(spelling: str) -> None:
    value = application(oauth2Client={"id": CLIENT, "type": spelling})
    assert read(value).oauth2_client.type == "confidential"


@pytest.mark.parametrize(
    "value", [without("redirectUris"), application(redirectUris=None), application(redirectUris=[])]
)
def test_no_redirect_uris_come_absent_null_or_empty(value: dict[str, Any]) -> None:
    assert read(value).redirect_uris == ()


@pytest.mark.parametrize(
    "value",
    [
        without("teaserDescription"),
        application(teaserDescription=None),
        application(teaserDescription=""),
    ],
)
def test_a_cleared_teaser_description_comes_absent_null_or_empty(value: dict[str, Any]) -> None:
    assert read(value).teaser_description == ""


@pytest.mark.parametrize("value", [without("url"), application(url=None), application(url="")])
def test_a_cleared_url_comes_absent_null_or_empty(value: dict[str, Any]) -> None:
    assert read(value).url is None


@pytest.mark.parametrize("comment", [{}, {"comment": None}, {"comment": ""}])
def test_no_comment_comes_absent_null_or_empty(comment: dict[str, str | None]) -> None:
    value = application(allowedTenants=[{"tenantId": OTHER_TENANT, **comment}])
    assert read(value).allowed_tenants[0].comment == ""


def test_what_is_set_is_read() -> None:
    response = read(
        application(
            teaserDescription="It samples.",
            url="https://sample.example",
            redirectUris=["https://sample.example/back"],
        )
    )
    assert (response.teaser_description, response.url, response.redirect_uris) == (
        "It samples.",
        "https://sample.example",
        ("https://sample.example/back",),
    )


def test_unknown_fields_are_ignored() -> None:
    assert read(application(addedYesterday={"deep": [1]})) == read(application())


def test_the_secret_is_read_where_it_is_returned() -> None:
    secret = read(registered()).oauth2_client.secret
    assert secret is not None
    assert secret.get_secret_value() == SECRET


def test_there_is_no_secret_where_none_is_returned() -> None:
    assert read(application()).oauth2_client.secret is None


def test_the_public_client_is_read() -> None:
    public = {"id": CLIENT, "type": "public"}
    response = read(application(withPublicOauth2Client=True, publicOauth2Client=public))
    assert response.public_oauth2_client is not None
    assert response.public_oauth2_client.id == CLIENT


@pytest.mark.parametrize("value", [application(), application(publicOauth2Client=None)])
def test_there_may_be_no_public_client(value: dict[str, Any]) -> None:
    assert read(value).public_oauth2_client is None


def test_times_are_read_with_milliseconds_in_utc() -> None:
    assert read(application()).created_at == datetime(
        2019, 5, 9, 10, 11, 32, 123000, tzinfo=timezone.utc
    )


def test_ids_are_read_in_lower_case() -> None:
    response = read(application(id=APPLICATION.upper(), tenantId=TENANT.upper()))
    assert (response.id, response.tenant_id) == (APPLICATION, TENANT)


def test_an_allowed_tenant_shows_whether_it_is_installed() -> None:
    allowed = read(application()).allowed_tenants[0]
    assert (allowed.tenant_id, allowed.installed) == (OTHER_TENANT, True)


@pytest.mark.parametrize(
    "field",
    [
        "id",
        "name",
        "withPublicOauth2Client",
        "oauth2Client",
        "tenantId",
        "status",
        "createdAt",
        "allowedTenants",
    ],
)
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(RequestError, match=rf"\b{field}: Field required"):
        read(without(field))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("id", 7),
        ("name", None),
        ("withPublicOauth2Client", "perhaps"),
        ("oauth2Client", []),
        ("tenantId", {}),
        ("status", 7),
        ("createdAt", "yesterday"),
        ("createdAt", "2019-05-09T10:11:32.123"),
        ("redirectUris", "https://sample.example"),
        ("url", 7),
        ("allowedTenants", None),
    ],
)
def test_a_field_of_the_wrong_type_is_named(field: str, wrong: object) -> None:
    with pytest.raises(RequestError, match=rf"\b{field}"):
        read(application(**{field: wrong}))
