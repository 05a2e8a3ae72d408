"""examples/gitops/scripts/comment.py, against an API that checks requests as code hosts do."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from olt_provider.cli.app import app
from tests.forge import ACTIONS, FORGE_TOKEN, GITHUB, GITLAB, PERSON, Forge, serving
from tests.scripts import Done, run_script
from tools.workspace import ROOT

SCRIPT: Final = ROOT / "examples" / "gitops" / "scripts" / "comment.py"
MARKER: Final = "<!-- olt-review prod -->"
QUIET: Final = f"**OLT: nothing changes**\n\n{MARKER}\n"
BODY: Final = f"**Fine**\n\n{MARKER}\n"
APP: Final[dict[str, Any]] = {"id": 5, "login": "our-app[bot]", "type": "Bot"}
WHO: Final[dict[str, dict[str, Any]]] = {
    "github-job": {"me": ACTIONS, "may_ask_who": False},
    "github-person": {"me": PERSON},
    "github-app": {"me": APP, "may_ask_who": False},
    "gitlab": {"me": PERSON},
}
APP_NAMED: Final = {"COMMENT_AUTHOR": APP["login"]}
every_token = pytest.mark.parametrize("token", WHO)


def run(
    service: str,
    folder: Path,
    env: Mapping[str, str],
    review: str | None = BODY,
    labels: str | None = None,
) -> Done:
    if labels is not None:
        (folder / "labels.json").write_text(labels)
    if review is not None:
        (folder / "review.md").write_text(review)
    done = run_script(SCRIPT, service, env=env, folder=folder)
    assert FORGE_TOKEN not in done.stdout + done.stderr
    return done


@every_token
def test_the_tokens_own_comment_is_changed_and_no_other(token: str, tmp_path: Path) -> None:
    service = token.partition("-")[0]
    forge, named = Forge(**WHO[token]), APP_NAMED if token == "github-app" else {}
    others = [{"id": 8, "login": "other"}, {"id": 9, "login": "github-actions"}, None]
    for other in others:
        forge.write(other, f"old\n{MARKER}")  # type: ignore[arg-type]
    forge.write(forge.me, f"about {MARKER} itself")
    mine = forge.write(forge.me, f"old\r\n{MARKER}\n\n")
    before = [dict(each) for each in forge.comments if each is not mine]
    with serving(forge):
        done = run(service, tmp_path, forge.environment(service) | named)
    assert (done.returncode, done.stderr) == (0, "")
    assert mine["body"] == BODY
    assert [each for each in forge.comments if each is not mine] == before


@every_token
def test_a_comment_of_another_with_the_marker_is_left_alone(token: str, tmp_path: Path) -> None:
    service = token.partition("-")[0]
    forge, named = Forge(**WHO[token]), APP_NAMED if token == "github-app" else {}
    other = forge.write({"id": 8, "login": "author"}, MARKER)
    with serving(forge):
        assert run(service, tmp_path, forge.environment(service) | named).returncode == 0
        assert (
            run(service, tmp_path, forge.environment(service) | named, f"new\n{MARKER}").returncode
            == 0
        )
    assert other["body"] == MARKER
    assert [each["body"] for each in forge.comments[1:]] == [f"new\n{MARKER}"]
    comments = GITLAB if service == "gitlab" else GITHUB
    assert next(call for call in forge.calls if not call.startswith("GET")) == f"POST {comments}"


@every_token
def test_a_comment_on_a_later_page_is_found(token: str, tmp_path: Path) -> None:
    service = token.partition("-")[0]
    forge, named = Forge(**WHO[token]), APP_NAMED if token == "github-app" else {}
    for number in range(230):
        forge.write(PERSON, f"comment {number}")
    mine = forge.write(forge.me, MARKER)
    forge.write({"id": 8, "login": "author"}, MARKER)
    with serving(forge):
        assert run(service, tmp_path, forge.environment(service) | named).returncode == 0
    assert mine["body"] == BODY
    assert len(forge.comments) == 232


every_service = pytest.mark.parametrize("service", ["github", "gitlab"])


@every_service
def test_review_without_changes_updates_a_comment_and_writes_no_new_one(
    service: str, tmp_path: Path
) -> None:
    with serving(Forge(PERSON)) as forge:
        env = forge.environment(service)
        assert run(service, tmp_path, env, QUIET).returncode == 0
        assert forge.comments == []
        assert run(service, tmp_path, env).returncode == 0
        assert run(service, tmp_path, env, QUIET).returncode == 0
    assert [each["body"] for each in forge.comments] == [QUIET]


def test_quiet_review_is_what_olt_review_prints(tmp_path: Path) -> None:
    (tmp_path / "preview.json").write_text('{"steps": [], "changeSummary": {}}')
    printed = CliRunner().invoke(app, ["review", str(tmp_path / "preview.json")]).stdout
    assert printed.splitlines()[0] == QUIET.splitlines()[0]


@every_service
def test_labels_follow_the_review_and_others_stay(service: str, tmp_path: Path) -> None:
    with serving(Forge(PERSON, labels=["bug", "olt:deletes", "olt:rotates"])) as forge:
        env = forge.environment(service)
        wanted = '["olt:revokes", "olt:rotates"]'
        assert run(service, tmp_path, env, labels=wanted).returncode == 0
        assert sorted(forge.labels) == ["bug", "olt:revokes", "olt:rotates"]
        before = len(forge.calls)
        assert run(service, tmp_path, env, labels=wanted).returncode == 0
        again = [call for call in forge.calls[before:] if not call.startswith("GET")]
        assert [call.rpartition("/")[2] for call in again] == ["1000"]
        assert run(service, tmp_path, env, QUIET, labels="[]").returncode == 0
    assert forge.labels == ["bug"]


@every_service
@pytest.mark.parametrize("labels", ['["approved"]', '["olt:x,approved"]', '{"olt:x": 1, "y": 2}'])
def test_labels_that_are_not_of_olt_are_refused(service: str, labels: str, tmp_path: Path) -> None:
    with serving(Forge(PERSON, labels=["olt:deletes"])) as forge:
        done = run(service, tmp_path, forge.environment(service), labels=labels)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert forge.labels == ["olt:deletes"]
    assert len(forge.comments) == 1


@every_service
def test_labels_are_left_alone_without_a_list(service: str, tmp_path: Path) -> None:
    with serving(Forge(PERSON, labels=["olt:deletes"])) as forge:
        assert run(service, tmp_path, forge.environment(service)).returncode == 0
        assert run(service, tmp_path, forge.environment(service), labels="").returncode == 0
    assert forge.labels == ["olt:deletes"]


@every_service
def test_a_redirect_is_not_followed_with_the_token(service: str, tmp_path: Path) -> None:
    elsewhere = Forge(PERSON)
    with serving(elsewhere), serving(Forge(PERSON, redirect=elsewhere.url)) as forge:
        done = run(service, tmp_path, forge.environment(service))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "returned 307" in done.stderr
    assert elsewhere.calls == []


@every_service
def test_neither_proxy_nor_netrc_is_used(service: str, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password other\n")
    with socket.create_server(("127.0.0.1", 0)) as proxy, serving(Forge(PERSON)) as forge:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        env = {"HTTP_PROXY": address, "http_proxy": address, "ALL_PROXY": address}
        env |= {"HOME": str(tmp_path), **forge.environment(service)}
        assert run(service, tmp_path, env).returncode == 0
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()
    assert [each["body"] for each in forge.comments] == [BODY]


def test_a_token_that_is_refused_is_one_line(tmp_path: Path) -> None:
    with serving(Forge(PERSON)) as forge:
        env = forge.environment("github") | {"GITHUB_TOKEN": "another"}
        done = run("github", tmp_path, env)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "returned 401" in done.stderr
    assert forge.comments == []


@pytest.mark.parametrize("raw", [b"<html>", b"[]", b"7", b'"x"', b"null", b"[[1]]"])
@every_service
def test_an_odd_response_is_at_most_one_line(service: str, raw: bytes, tmp_path: Path) -> None:
    with serving(Forge(PERSON, raw=raw)) as forge:
        done = run(service, tmp_path, forge.environment(service))
    assert done.stderr.count("\n") <= 1, done.stderr
    assert not [call for call in forge.calls if call.startswith(("PATCH", "PUT"))]


@pytest.mark.parametrize(
    ("review", "words"),
    [("Fine\n", "GITHUB_TOKEN is not set"), ("\n", "is empty"), (None, "no comment written")],
)
def test_what_a_comment_lacks_is_one_line(tmp_path: Path, review: str | None, words: str) -> None:
    done = run("github", tmp_path, {}, review)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert words in done.stderr
