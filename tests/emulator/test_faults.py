"""Every kind of fault, as an independent client observes it on the wire."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
import requests

from olt_provider.emulator import TENANT_A, Emulator, Fault
from olt_provider.emulator.faults import Kind
from tests.emulator.support import OWNED, UNKNOWN, Api, is_error

WITHOUT_CHANGE, WITH_CHANGE = 0, 1


def _changes(emulator: Emulator) -> int:
    """The number of registered applications."""
    return len(emulator.platform.applications())


def _register(owner: Api) -> requests.Response:
    return owner("POST", OWNED, {"name": "x"})


def _add(emulator: Emulator, kind: Any, **more: Any) -> Fault:
    return emulator.add_fault(Fault(method="POST", path=OWNED, kind=kind, **more))


@contextmanager
def _thread(target: Callable[[], object]) -> Iterator[None]:
    thread = threading.Thread(target=target)
    thread.start()
    yield
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("when", ["before", "after"])
def test_latency_delays_the_response(emulator: Emulator, owner: Api, when: Any) -> None:
    fault = _add(emulator, "latency", seconds=0.2, when=when)
    began = time.monotonic()
    assert _register(owner).status_code == 200
    assert time.monotonic() - began >= 0.2
    assert (fault.fired, _changes(emulator)) == (1, WITH_CHANGE)


@pytest.mark.parametrize(("when", "changes"), [("before", WITHOUT_CHANGE), ("after", WITH_CHANGE)])
def test_a_client_that_does_not_wait_meets_latency_before_or_after_the_change(
    emulator: Emulator, owner: Api, when: Any, changes: int
) -> None:
    fault = _add(emulator, "latency", seconds=60, when=when)

    def ask() -> None:
        with pytest.raises(requests.ConnectionError):
            _register(owner)

    with _thread(ask):
        fault.wait_until_fired()
        assert _changes(emulator) == changes
        emulator.drop_connections()


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 502, 503, 504])
def test_a_status_comes_in_the_platforms_envelope(
    emulator: Emulator, owner: Api, status: int
) -> None:
    _add(emulator, "status", status=status)
    assert is_error(_register(owner), status)
    assert _changes(emulator) == WITHOUT_CHANGE


def test_a_status_can_come_after_the_change(emulator: Emulator, owner: Api) -> None:
    _add(emulator, "status", status=504, when="after")
    assert is_error(_register(owner), 504)
    assert _changes(emulator) == WITH_CHANGE


def test_a_status_can_come_without_a_body(emulator: Emulator, owner: Api) -> None:
    _add(emulator, "status", status=503, envelope=False)
    response = _register(owner)
    assert (response.status_code, response.content) == (503, b"")


def test_retry_after_in_seconds(emulator: Emulator, owner: Api) -> None:
    _add(emulator, "status", status=429, retry_after=7)
    assert _register(owner).headers["Retry-After"] == "7"


def test_retry_after_as_a_date_is_never_too_early(emulator: Emulator, owner: Api) -> None:
    _add(emulator, "status", status=429, retry_after=7, retry_after_as="date")
    earliest = time.time() + 7
    at = parsedate_to_datetime(_register(owner).headers["Retry-After"]).timestamp()
    assert earliest <= at <= time.time() + 8


@pytest.mark.parametrize(
    ("kind", "changes"), [("reset_before", WITHOUT_CHANGE), ("reset_after", WITH_CHANGE)]
)
def test_a_reset(emulator: Emulator, owner: Api, kind: str, changes: int) -> None:
    _add(emulator, kind)
    with pytest.raises(requests.ConnectionError, match="ConnectionResetError"):
        _register(owner)
    assert _changes(emulator) == changes


@pytest.mark.parametrize(
    ("kind", "changes"), [("close_before", WITHOUT_CHANGE), ("close_after", WITH_CHANGE)]
)
def test_a_close(emulator: Emulator, owner: Api, kind: str, changes: int) -> None:
    _add(emulator, kind)
    with pytest.raises(requests.ConnectionError, match="without response"):
        _register(owner)
    assert _changes(emulator) == changes


def test_truncated_response_is_shorter_than_announced(emulator: Emulator, owner: Api) -> None:
    _add(emulator, "truncate")
    response = owner("POST", OWNED, {"name": "x"}, stream=True)
    length = int(response.headers["Content-Length"])
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        response.content  # noqa: B018 (reading it is the point)
    assert length > 100
    assert _changes(emulator) == WITH_CHANGE


def test_a_response_without_a_body_can_be_truncated_too(emulator: Emulator, owner: Api) -> None:
    id_ = emulator.platform.register(TENANT_A)["id"]
    emulator.add_fault(Fault(method="DELETE", kind="truncate"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        owner("DELETE", f"{OWNED}/{id_}")
    assert emulator.platform.application(id_) is None


@pytest.mark.parametrize(("given", "status"), [({}, 200), ({"status": 502}, 502)])
def test_html(emulator: Emulator, owner: Api, given: dict[str, int], status: int) -> None:
    _add(emulator, "html", **given)
    response = _register(owner)
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.text.startswith("<html>")
    assert _changes(emulator) == WITHOUT_CHANGE


def test_a_wrong_content_type_has_the_right_body(emulator: Emulator, owner: Api) -> None:
    _add(emulator, "wrong_content_type")
    response = _register(owner)
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.json()["data"]["name"] == "x"
    assert _changes(emulator) == WITH_CHANGE


def test_a_missing_field(emulator: Emulator, owner: Api) -> None:
    _add(emulator, "missing_field", field="data.oauth2Client.secret")
    data = _register(owner).json()["data"]
    assert set(data["oauth2Client"]) == {"id", "type"}
    assert _changes(emulator) == WITH_CHANGE


def test_a_missing_field_in_a_list(emulator: Emulator, owner: Api) -> None:
    emulator.platform.register(TENANT_A)
    emulator.platform.register(TENANT_A)
    emulator.add_fault(Fault(method="GET", kind="missing_field", field="data.1.id"))
    listed = owner("GET", OWNED).json()["data"]
    assert ["id" in each for each in listed] == [True, False]


@pytest.mark.parametrize(
    ("field", "type_"),
    [("data.name", list), ("data.allowedTenants", int), ("data.oauth2Client", int), ("data", int)],
)
def test_a_wrong_type(emulator: Emulator, owner: Api, field: str, type_: type) -> None:
    _add(emulator, "wrong_type", field=field)
    value = _register(owner).json()
    for name in field.split("."):
        value = value[name]
    assert type(value) is type_
    assert _changes(emulator) == WITH_CHANGE


def test_an_oversize_response_is_json_of_that_size(emulator: Emulator, owner: Api) -> None:
    _add(emulator, "oversize", size=8 * 1024 * 1024 + 1)
    response = _register(owner)
    assert len(response.content) == 8 * 1024 * 1024 + 1
    assert response.json()["data"]["name"] == "x"
    assert _changes(emulator) == WITH_CHANGE


def test_a_redirect(emulator: Emulator, owner: Api) -> None:
    _add(emulator, "redirect", location="https://example.com/elsewhere")
    response = _register(owner)
    assert (response.status_code, response.headers["Location"]) == (
        307,
        "https://example.com/elsewhere",
    )
    assert _changes(emulator) == WITHOUT_CHANGE


def test_not_found_returns_the_404_of_a_hidden_resource(emulator: Emulator, owner: Api) -> None:
    id_ = emulator.platform.register(TENANT_A)["id"]
    emulator.add_fault(Fault(kind="not_found"))
    faked = owner("GET", f"{OWNED}/{id_}")
    real = owner("GET", f"{OWNED}/{UNKNOWN}")
    assert is_error(faked, 404)
    assert faked.content == real.content


@contextmanager
def _in_background(owner: Api) -> Iterator[list[requests.Response]]:
    responses: list[requests.Response] = []
    with _thread(lambda: responses.append(_register(owner))):
        yield responses


@pytest.mark.parametrize(("kind", "held"), [("hold", WITH_CHANGE), ("hold_before", WITHOUT_CHANGE)])
def test_a_held_response_is_sent_when_it_is_released(
    emulator: Emulator, owner: Api, kind: str, held: int
) -> None:
    fault = _add(emulator, kind)
    with _in_background(owner) as responses:
        fault.wait_until_fired()
        assert _changes(emulator) == held
        assert (emulator.requests_in_flight, responses) == (1, [])
        fault.release()
    assert responses[0].json()["data"]["name"] == "x"
    assert _changes(emulator) == WITH_CHANGE
    emulator.wait_until_idle()


@pytest.mark.parametrize("kind", ["hold", "hold_before"])
def test_a_held_response_is_sent_after_its_time(emulator: Emulator, owner: Api, kind: str) -> None:
    _add(emulator, kind, seconds=0.1)
    assert _register(owner).status_code == 200


def test_clearing_faults_releases_what_they_hold(emulator: Emulator, owner: Api) -> None:
    fault = _add(emulator, "hold")
    with _in_background(owner) as responses:
        fault.wait_until_fired()
        emulator.clear_faults()
    assert responses[0].status_code == 200


def test_what_was_held_does_not_happen_after_a_reset(emulator: Emulator, owner: Api) -> None:
    fault = _add(emulator, "hold_before", seconds=600)
    with _in_background(owner):
        fault.wait_until_fired()
        emulator.reset()
    assert _changes(emulator) == 0


def test_a_held_response_is_dropped_when_its_client_is_gone(emulator: Emulator, owner: Api) -> None:
    fault = _add(emulator, "hold", seconds=600)
    request = [
        f"POST /v1{OWNED} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {emulator.token(TENANT_A)}",
        "Content-Type: application/json",
        "Content-Length: 13",
        "",
        '{"name": "x"}',
    ]
    with socket.create_connection(("127.0.0.1", emulator.port), 10) as client:
        client.sendall("\r\n".join(request).encode())
        fault.wait_until_fired()
        assert emulator.requests_in_flight == 1
    emulator.wait_until_idle()
    assert _changes(emulator) == WITH_CHANGE


def test_an_emulator_ends_though_requests_are_held() -> None:
    with ExitStack() as threads, Emulator.start() as emulator:
        url, headers = emulator.api_url, {"Authorization": f"Bearer {emulator.token(TENANT_A)}"}

        def ask(path: str) -> None:
            with suppress(requests.ConnectionError):  # released with a response or without
                requests.get(url + path, headers=headers, timeout=30)

        for path, kind in (("/devices", "hold"), ("/applications", "latency")):
            body = {"path": path, "kind": kind, "seconds": 600}
            fault = emulator.add_fault(Fault.model_validate(body))
            threads.enter_context(_thread(partial(ask, path)))
            fault.wait_until_fired()
        assert emulator.requests_in_flight == 2
        began = time.monotonic()
    assert time.monotonic() - began < 3


def test_fault_fires_once_by_default(emulator: Emulator, owner: Api) -> None:
    fault = _add(emulator, "status", status=503)
    assert [_register(owner).status_code for _ in range(3)] == [503, 200, 200]
    assert fault.fired == 1


@pytest.mark.parametrize(
    ("times", "after", "expected"),
    [
        (2, 0, [503, 503, 200, 200]),
        (1, 2, [200, 200, 503, 200]),
        (None, 1, [200, 503, 503, 503]),
    ],
)
def test_fault_fires_after_and_as_often_as_set(
    emulator: Emulator, owner: Api, times: int | None, after: int, expected: list[int]
) -> None:
    fault = _add(emulator, "status", status=503, times=times, after=after)
    assert [_register(owner).status_code for _ in range(4)] == expected
    assert fault.fired == expected.count(503)


def test_a_fault_meets_only_its_method(emulator: Emulator, owner: Api) -> None:
    emulator.add_fault(Fault(method="GET", kind="status", status=503))
    assert _register(owner).status_code == 200
    assert owner("GET", OWNED).status_code == 503


PATHS = [
    ("**", True),
    (f"{OWNED}/**", True),
    (f"{OWNED}/*/secret", True),
    (f"{OWNED}/{{applicationId}}/secret", True),
    (re.compile(".*/secret"), True),
    (OWNED, False),
    (f"{OWNED}/*", False),
    (f"{OWNED}/{{applicationId}}", False),
    (re.compile("/secret"), False),
    ("/applications/**", False),
]


@pytest.mark.parametrize(("path", "expected"), PATHS)
def test_a_fault_meets_only_its_path(
    emulator: Emulator, owner: Api, path: Any, expected: bool
) -> None:
    id_ = emulator.platform.register(TENANT_A)["id"]
    fault = emulator.add_fault(Fault(path=path, kind="status", status=503))
    owner("POST", f"{OWNED}/{id_}/secret")
    assert bool(fault.fired) is expected


def test_a_latency_adds_to_another_fault(emulator: Emulator, owner: Api) -> None:
    slow = _add(emulator, "latency", seconds=0.2)
    down = _add(emulator, "status", status=503)
    began = time.monotonic()
    assert _register(owner).status_code == 503
    assert time.monotonic() - began >= 0.2
    assert (slow.fired, down.fired) == (1, 1)


def test_the_token_endpoint_has_faults_too(emulator: Emulator) -> None:
    path = "/id/auth/realms/olt/protocol/openid-connect/token"
    emulator.add_fault(Fault(path=path, kind="reset_before"))
    with pytest.raises(requests.ConnectionError):
        requests.post(emulator.identity_url + path, timeout=10)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "status"},
        {"kind": "missing_field"},
        {"kind": "wrong_type"},
        {"kind": "redirect"},
        {"kind": "explode"},
        {"kind": "html", "statuss": 200},
        {"kind": "html", "times": 0},
    ],
)
def test_a_fault_that_is_not_complete_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Fault(**fields)


def test_waiting_for_a_fault_that_is_never_met_ends() -> None:
    with pytest.raises(TimeoutError, match="latency"):
        Fault(kind="latency").wait_until_fired(timeout=0.01)


def test_every_kind_is_proven_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    missing = [kind for kind in get_args(Kind) if f'"{kind}"' not in source]
    assert missing == []
