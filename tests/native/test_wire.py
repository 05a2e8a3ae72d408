from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct

from olt_provider.lifecycle.values import UNKNOWN
from olt_provider.native import wire


def struct(**fields: Any) -> Struct:
    return ParseDict(fields, Struct())


def marked(value: Any) -> dict[str, Any]:
    return {wire.SIGNATURE: wire.SECRET, "value": value}


def output(**fields: Any) -> dict[str, Any]:
    return {wire.SIGNATURE: wire.OUTPUT, **fields}


def shown(sent: Struct) -> dict[str, Any]:
    plain: dict[str, Any] = MessageToDict(sent)
    return plain


@pytest.mark.parametrize(
    ("on_the_wire", "plain"),
    [
        ("text", "text"),
        (True, True),
        (3.0, 3),
        (2.5, 2.5),
        (["a", marked("b")], ["a", "b"]),
        ({"My_Key": 1.0}, {"My_Key": 1}),
        (marked({"key": "value"}), {"key": "value"}),
        (output(value="known"), "known"),
        (output(secret=True), UNKNOWN),
        *((sentinel, UNKNOWN) for sentinel in sorted(wire.UNKNOWNS)),
    ],
)
def test_received_value_is_plain(on_the_wire: Any, plain: Any) -> None:
    assert wire.received(struct(someName=on_the_wire)) == {"some_name": plain}


def test_received_properties_take_both_namings_without_the_pickled_provider() -> None:
    dynamic = struct(__provider="gASV", allowed_tenants={"t": ""}, client_id="c", url=None)
    native = struct(allowedTenants={"t": ""}, clientId="c")
    assert wire.received(dynamic) == wire.received(native)
    assert wire.received(native) == {"allowed_tenants": {"t": ""}, "client_id": "c"}


def test_received_adopt_has_names_of_the_lifecycle_and_triggers_keep_their_keys() -> None:
    received = wire.received(
        struct(
            adopt={"applicationId": "a", "clientSecret": None},
            rotateSecretWhenChanged={"someKey": "x"},
        )
    )
    assert received["adopt"] == {"application_id": "a"}
    assert received["rotate_secret_when_changed"] == {"someKey": "x"}


def test_sent_properties_are_in_camel_case_and_keep_the_keys_of_the_user() -> None:
    sent = wire.sent(
        {
            "with_public_oauth2_client": True,
            "rotate_secret_when_changed": {"some_key": 1},
            "adopt": {"application_id": "a"},
            "url": UNKNOWN,
        }
    )
    assert shown(sent) == {
        "withPublicOauth2Client": True,
        "rotateSecretWhenChanged": {"some_key": 1.0},
        "adopt": {"applicationId": "a"},
        "url": wire.UNKNOWN_STRING,
    }


@pytest.mark.parametrize(
    ("props", "alike", "expected"),
    [
        ({"url": "u"}, {"url": marked("v")}, {"url": marked("u")}),
        (
            {"allowed_tenants": {"a": "x", "b": "y"}},
            {"allowedTenants": {"a": marked("z"), "c": marked("w")}},
            {"allowedTenants": {"a": marked("x"), "b": "y"}},
        ),
        (
            {"redirect_uris": ["a", "b"]},
            {"redirectUris": ["b", marked("a")]},
            {"redirectUris": marked(["a", "b"])},
        ),
        (
            {"rotate_secret_when_changed": {"k": {"n": "v"}}},
            {"rotateSecretWhenChanged": {"k": {"n": marked("o")}}},
            {"rotateSecretWhenChanged": {"k": {"n": marked("v")}}},
        ),
        ({"url": "u"}, {"url": output(value="v", secret=True)}, {"url": marked("u")}),
        (
            {"allowed_tenants": {"ab": "x"}},
            {"allowedTenants": {"AB": marked("x")}},
            {"allowedTenants": {"ab": marked("x")}},
        ),
        ({"client_id": "c"}, {"client_id": marked("c")}, {"clientId": marked("c")}),
    ],
)
def test_sent_value_is_secret_where_it_was(
    props: dict[str, Any], alike: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert shown(wire.sent(props, struct(**alike))) == expected


def test_sent_secret_property_is_marked_unless_it_is_null() -> None:
    sent = wire.sent({"client_secret": "s"}, secrets=("client_secret",))
    assert shown(sent) == {"clientSecret": marked("s")}
    unset = wire.sent({"client_secret": None}, secrets=("client_secret",))
    assert shown(unset) == {"clientSecret": None}


def test_unknown_secret_property_is_marked() -> None:
    sent = wire.sent({"client_secret": UNKNOWN}, secrets=("client_secret",))
    assert shown(sent) == {"clientSecret": marked(wire.UNKNOWN_STRING)}
