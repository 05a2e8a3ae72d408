"""A code host's API for comments, which checks requests as strictly as GitHub and GitLab do."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

FORGE_TOKEN: Final = "forge-token-7c1d"
ACTIONS: Final = {"id": 41898282, "login": "github-actions[bot]", "type": "Bot"}
PERSON: Final = {"id": 7, "login": "person", "type": "User"}
PAGE: Final = 100
GITHUB: Final = "/repos/platform/olt/issues/7/comments"
GITHUB_ONE: Final = re.compile(r"/repos/platform/olt/issues/comments/(\d+)")
GITLAB: Final = "/api/v4/projects/3/merge_requests/7/notes"
GITLAB_ONE: Final = re.compile(GITLAB + r"/(\d+)")
GITHUB_LABELS: Final = "/repos/platform/olt/issues/7/labels"
GITHUB_LABEL: Final = re.compile(GITHUB_LABELS + r"/([^/]+)")
GITLAB_REQUEST: Final = "/api/v4/projects/3/merge_requests/7"


@dataclass
class Forge:
    """The comments of one pull request, the received requests, and the owner of the token."""

    me: dict[str, Any]
    may_ask_who: bool = True
    comments: list[dict[str, Any]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    redirect: str = ""
    raw: bytes | None = None
    url: str = ""

    def write(self, by: dict[str, Any], body: str) -> dict[str, Any]:
        comment = {"id": 1000 + len(self.comments), "body": body, "user": by, "author": by}
        self.comments.append(comment)
        return comment

    def environment(self, service: str) -> dict[str, str]:
        """What a pipeline gives to comment.py."""
        if service == "github":
            return {
                "GITHUB_API_URL": self.url,
                "GITHUB_REPOSITORY": "platform/olt",
                "PULL_REQUEST": "7",
                "GITHUB_TOKEN": FORGE_TOKEN,
            }
        return {
            "CI_API_V4_URL": f"{self.url}/api/v4",
            "CI_PROJECT_ID": "3",
            "CI_MERGE_REQUEST_IID": "7",
            "GITLAB_TOKEN": FORGE_TOKEN,
        }

    def respond(
        self, method: str, target: str, headers: Any, body: dict[str, Any]
    ) -> tuple[int, Any]:
        """Status and content."""
        parts = urlsplit(target)
        is_gitlab = parts.path.startswith("/api/v4/")
        given = headers["PRIVATE-TOKEN"] if is_gitlab else headers["Authorization"]
        if given != (FORGE_TOKEN if is_gitlab else f"Bearer {FORGE_TOKEN}"):
            return 401, {}
        if method in ("GET", "DELETE"):
            return self._read_or_delete(method, parts.path, parse_qs(parts.query))
        if headers["Content-Type"] != "application/json":
            return 422, {}
        return self._write(method, parts.path, body)

    def _read_or_delete(
        self, method: str, path: str, query: dict[str, list[str]]
    ) -> tuple[int, Any]:
        if method == "DELETE":
            one = GITHUB_LABEL.fullmatch(path)
            if one is None or unquote(one[1]) not in self.labels:
                return 404, {}
            self.labels.remove(unquote(one[1]))
            return 200, [{"name": each} for each in self.labels]
        if path in ("/user", "/api/v4/user"):
            return (200, self.me) if self.may_ask_who else (403, {})
        if path == GITLAB_REQUEST:
            return 200, {"iid": 7, "labels": self.labels}
        listed = {
            GITHUB: self.comments,
            GITLAB: self.comments,
            GITHUB_LABELS: [{"name": each} for each in self.labels],
        }
        if path not in listed:
            return 404, {}
        size = min(int(query.get("per_page", ["30"])[0]), PAGE)
        first = (int(query.get("page", ["1"])[0]) - 1) * size
        return 200, listed[path][first : first + size]

    def _write(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if method == "POST" and path == GITHUB_LABELS and set(body) == {"labels"}:
            self._add(body["labels"])
            return 200, [{"name": each} for each in self.labels]
        changes = {"add_labels", "remove_labels"}
        if method == "PUT" and path == GITLAB_REQUEST and body and set(body) <= changes:
            self._add(filter(None, body.get("add_labels", "").split(",")))
            gone = body.get("remove_labels", "").split(",")
            self.labels = [each for each in self.labels if each not in gone]
            return 200, {"iid": 7, "labels": self.labels}
        if set(body) != {"body"}:
            return 422, {}
        if method == "POST" and path in (GITHUB, GITLAB):
            return 201, self.write(self.me, body["body"])
        one = GITLAB_ONE.fullmatch(path) if method == "PUT" else GITHUB_ONE.fullmatch(path)
        if one and method in ("PUT", "PATCH"):
            (comment,) = (each for each in self.comments if each["id"] == int(one[1]))
            comment.update(body)
            return 200, comment
        return 404, {}

    def _add(self, labels: Iterable[str]) -> None:
        self.labels += [each for each in labels if each not in self.labels]


@contextmanager
def serving(forge: Forge) -> Iterator[Forge]:
    """Serve it on loopback while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"] or 0))
            forge.calls.append(f"{self.command} {self.path.partition('?')[0]}")
            status, value = forge.respond(
                self.command, self.path, self.headers, json.loads(content or "{}")
            )
            text = json.dumps(value).encode() if forge.raw is None else forge.raw
            self.send_response(307 if forge.redirect else status)
            if forge.redirect:
                self.send_header("Location", forge.redirect + self.path)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _respond  # noqa: N815 (the names of the base class)

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        forge.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield forge
        finally:
            server.shutdown()
            thread.join()
