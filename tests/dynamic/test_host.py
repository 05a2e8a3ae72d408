"""The provider process: shared objects, reported errors and converted values."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final

import pytest
from pulumi.output import Unknown

from olt_provider.api.errors import ApiError, ConfigurationError, OltError
from olt_provider.dynamic import host
from olt_provider.lifecycle.checking import Checked, Failure
from olt_provider.lifecycle.values import UNKNOWN
from olt_provider.provider_process import with_stored_configuration

TOKEN: Final = "a-token"


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A new process: nothing shared yet, no warnings, complete tracebacks."""
    monkeypatch.setattr(host, "_contexts", {})
    monkeypatch.setattr(host, "_warned", set())
    monkeypatch.setattr(sys, "tracebacklimit", 100, raising=False)
    monkeypatch.delenv("OLT_DEBUG", raising=False)
    host._run_record.cache_clear()
    yield
    host._run_record.cache_clear()


def shared(**environ: str) -> Any:
    return host.shared_context(lambda _key: None, environ, warn=lambda _message: None)


def test_equal_settings_share_one_context() -> None:
    assert shared(OLT_API_TOKEN=TOKEN) is shared(OLT_API_TOKEN=TOKEN)
    assert shared(OLT_API_TOKEN=TOKEN) is not shared(OLT_API_TOKEN="another")


def test_all_contexts_share_one_run_record() -> None:
    assert shared(OLT_API_TOKEN=TOKEN).run is shared(OLT_API_TOKEN="another").run


def test_unusable_settings_raise_where_they_are_needed_only() -> None:
    context = shared(OLT_API_URL="https://api.example.com/v1")
    assert context.api_url == ""
    with pytest.raises(ConfigurationError):
        _ = context.settings


def test_error_reaches_the_user_without_a_traceback() -> None:
    @host.reported
    def operation() -> None:
        raise OltError("what failed")

    with pytest.raises(Exception, match=r"^what failed$") as error:
        operation()
    assert type(error.value).__qualname__ == "OltError"
    assert type(error.value).__module__ == "builtins"
    assert error.value.__cause__ is None
    assert sys.tracebacklimit == 0


def test_debugging_keeps_the_error_and_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    @host.reported
    def operation() -> None:
        raise OltError("what failed")

    monkeypatch.setenv("OLT_DEBUG", "1")
    with pytest.raises(OltError, match="what failed"):
        operation()
    assert sys.tracebacklimit == 100


def test_error_that_is_not_ours_keeps_its_traceback() -> None:
    @host.reported
    def operation() -> None:
        raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        operation()
    assert sys.tracebacklimit == 100


REFUSED: Final = ApiError("refused", status=401)


@pytest.mark.parametrize(
    ("error", "from_environment", "explicit", "hint"),
    [
        (REFUSED, False, False, "--run-program"),
        (REFUSED, False, True, "env_var_mappings"),
        (REFUSED, True, False, None),
        (ConfigurationError("no credentials"), False, False, "--run-program"),
        (ApiError("forbidden", status=403), False, False, None),
    ],
)
def test_stored_credentials_are_named_where_they_fail(
    error: OltError, from_environment: bool, explicit: bool, hint: str | None
) -> None:
    @with_stored_configuration
    def operation(_provider: object) -> None:
        raise error

    context = SimpleNamespace(uses_environment=from_environment, is_explicit=explicit)
    with pytest.raises(OltError) as found:
        operation(SimpleNamespace(context=context))
    if hint is None:
        assert found.value is error
    else:
        assert str(found.value).startswith(f"{error}. refresh, destroy and --refresh use")
        assert hint in str(found.value)


def test_unknown_values_are_translated_both_ways() -> None:
    unknown = Unknown()  # type: ignore[no-untyped-call]
    props = {"__provider": "x", "a": unknown, "b": {"c": [unknown, 1]}, "d": "e"}
    received = host.received(props)
    assert received == {"a": UNKNOWN, "b": {"c": [UNKNOWN, 1]}, "d": "e"}
    sent = host.check_result(Checked(received)).inputs
    assert isinstance(sent["a"], Unknown)
    assert isinstance(sent["b"]["c"][0], Unknown)
    assert (sent["b"]["c"][1], sent["d"]) == (1, "e")


def test_failure_names_its_property_in_the_text_so_that_the_engine_prints_no_value() -> None:
    failures = (Failure("name", "empty"), Failure("", "no credentials"))
    found = host.check_result(Checked({"name": ""}, failures)).failures
    assert [(each.property, each.reason) for each in found] == [
        ("", "name: empty"),
        ("", "no credentials"),
    ]


def test_warning_outside_the_host_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="olt_provider"):
        host.warn("a warning")
        host.warn("a warning")
    assert caplog.messages == ["a warning"]


def test_cancellation_is_checked_by_the_address_of_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host.require_engine()  # a program has no engine address, and is never cancelled
    with socket.socket() as engine:
        engine.bind(("127.0.0.1", 0))
        engine.listen()
        address = f"127.0.0.1:{engine.getsockname()[1]}"
        monkeypatch.setattr(sys, "argv", [f"/site-packages/{host.HOST_MODULE}", address])
        assert host.engine_address() == address
        host.require_engine()
    with pytest.raises(OltError, match="the engine is gone"):
        host.require_engine()
