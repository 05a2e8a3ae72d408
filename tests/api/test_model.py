from __future__ import annotations

import pytest

from olt_provider.api.applications import OAuth2Client
from olt_provider.api.errors import RequestError
from olt_provider.api.ids import canonical_id
from olt_provider.api.model import (
    Id,
    Model,
    Timestamp,
    data_of,
    parse,
)
from tests.api.samples import TENANT


class Inner(Model):
    some_id: Id


class Sample(Model):
    first_name: str
    of_age: int = 0
    inner: tuple[Inner, ...] = ()


class Timed(Model):
    created_at: Timestamp


def test_names_are_camel_case_on_the_wire() -> None:
    sample = Sample(first_name="x", inner=(Inner(some_id=TENANT),))
    assert sample.to_wire() == {"firstName": "x", "inner": [{"someId": TENANT}]}


def test_an_unset_field_is_left_out() -> None:
    assert "ofAge" not in Sample(first_name="x").to_wire()


def test_a_field_that_is_set_to_its_default_is_sent() -> None:
    assert Sample(first_name="x", of_age=0).to_wire()["ofAge"] == 0


def test_a_model_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Sample(first_name="x").first_name = "y"  # type: ignore[misc]


def test_unknown_fields_are_ignored() -> None:
    assert parse(Sample, {"firstName": "x", "more": 1}, source="it") == Sample(first_name="x")


@pytest.mark.parametrize("value", ["ABC", " abc ", "aBc\n"])
def test_an_id_is_compared_in_lower_case_and_without_blanks(value: str) -> None:
    assert canonical_id(value) == "abc"


@pytest.mark.parametrize("written", [TENANT.upper(), f" {TENANT}\n", TENANT.replace("-", "")])
def test_id_in_a_response_is_kept_as_a_lower_case_uuid(written: str) -> None:
    assert parse(Inner, {"someId": written}, source="it").some_id == TENANT


@pytest.mark.parametrize(
    "odd", ["", "a", "..", f"{TENANT}\nimport os", f"{TENANT}\u2028#", f"{TENANT}\0", "x" * 36]
)
def test_id_that_is_not_a_uuid_is_an_unreadable_response(odd: str) -> None:
    with pytest.raises(RequestError, match=r"someId: Value error, not a UUID\);") as caught:
        parse(Inner, {"someId": odd}, source="it")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("sent", "kept"), [("My-Client.v2", "My-Client.v2"), (TENANT.upper(), TENANT)]
)
def test_client_id_that_is_not_a_uuid_is_kept_as_sent(sent: str, kept: str) -> None:
    assert parse(OAuth2Client, {"id": sent}, source="it").id == kept


@pytest.mark.parametrize("odd", ["", "a b", "a\nb", "a\x1b[31m", "a\u202eb", "a\u2028b", "a\0"])
def test_client_id_that_is_not_one_printable_word_is_an_unreadable_response(odd: str) -> None:
    with pytest.raises(RequestError, match="id: Value error, not one word of printable"):
        parse(OAuth2Client, {"id": odd}, source="it")


def test_every_wrong_field_is_named_by_its_wire_name() -> None:
    with pytest.raises(RequestError, match=r"firstName: .*; inner\.0\.someId: "):
        parse(Sample, {"firstName": 7, "inner": [{"someId": []}]}, source="it")


def test_only_the_first_of_many_wrong_fields_are_named() -> None:
    with pytest.raises(RequestError) as caught:
        parse(Sample, {"firstName": "x", "inner": [{}] * 1000}, source="it")
    assert str(caught.value).count("Field required") == 5


def test_the_response_is_named() -> None:
    with pytest.raises(RequestError, match=r"^GET /x: the response is not what"):
        parse(Sample, {}, source="GET /x")


def test_a_value_is_never_shown() -> None:
    with pytest.raises(RequestError) as caught:
        parse(Sample, {"firstName": ["the secret"]}, source="it")
    assert "the secret" not in str(caught.value)


def test_error_of_an_unreadable_response_counts_as_sent() -> None:
    with pytest.raises(RequestError) as caught:
        parse(Sample, {}, source="it")
    assert (caught.value.sent, caught.value.temporary) == (True, False)


@pytest.mark.parametrize("data", [None, 0, [], {}])
def test_data_may_hold_anything(data: object) -> None:
    assert data_of({"data": data}, source="it") == data


@pytest.mark.parametrize("body", [None, [], "data", 7, {}])
def test_a_response_without_data_is_an_error(body: object) -> None:
    with pytest.raises(RequestError, match=r'^GET /x: the response has no "data"'):
        data_of(body, source="GET /x")


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"])
def test_a_time_that_has_no_utc_is_an_unreadable_response(time: str) -> None:
    with pytest.raises(RequestError, match="not a readable value") as caught:
        parse(Timed, {"createdAt": time}, source="GET /x")
    assert caught.value.sent
