"""A code host's API for comments, as strict as GitHub's and GitLab's: who asks, and how."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

FORGE_TOKEN: Final = "forge-token-7c1d"
ACTIONS: Final = {"id": 41898282, "login": "github-actions[bot]", "type": "Bot"}
PERSON: Final = {"id": 7, "login": "person", "type": "User"}
PAGE: Final = 100
GITHUB: Final = "/repos/platform/olt/issues/7/comments"
GITHUB_ONE: Final = re.compile(r"/repos/platform/olt/issues/comments/(\d+)")
GITLAB: Final = "/api/v4/projects/3/merge_requests/7/notes"
GITLAB_ONE: Final = re.compile(GITLAB + r"/(\d+)")


@dataclass
class Forge:
    """One pull request's comments, what was asked, and whose token it is."""

    me: dict[str, Any]
    may_ask_who: bool = True
    comments: list[dict[str, Any]] = field(default_factory=list)
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

    def answer(
        self, method: str, target: str, headers: Any, body: dict[str, Any]
    ) -> tuple[int, Any]:
        """Status and content."""
        parts = urlsplit(target)
        is_gitlab = parts.path.startswith("/api/v4/")
        told = headers["PRIVATE-TOKEN"] if is_gitlab else headers["Authorization"]
        if told != (FORGE_TOKEN if is_gitlab else f"Bearer {FORGE_TOKEN}"):
            return 401, {}
        if method == "GET" and parts.path in ("/user", "/api/v4/user"):
            return (200, self.me) if self.may_ask_who else (403, {})
        if method == "GET" and parts.path in (GITHUB, GITLAB):
            query = parse_qs(parts.query)
            size = min(int(query.get("per_page", ["30"])[0]), PAGE)
            first = (int(query.get("page", ["1"])[0]) - 1) * size
            return 200, self.comments[first : first + size]
        if headers["Content-Type"] != "application/json" or set(body) != {"body"}:
            return 422, {}
        if method == "POST" and parts.path in (GITHUB, GITLAB):
            return 201, self.write(self.me, body["body"])
        one = (GITLAB_ONE if is_gitlab else GITHUB_ONE).fullmatch(parts.path)
        if one and method == ("PUT" if is_gitlab else "PATCH"):
            (comment,) = (each for each in self.comments if each["id"] == int(one[1]))
            comment.update(body)
            return 200, comment
        return 404, {}


@contextmanager
def serving(forge: Forge) -> Iterator[Forge]:
    """Let it answer on loopback while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"] or 0))
            forge.calls.append(f"{self.command} {self.path.partition('?')[0]}")
            status, value = forge.answer(
                self.command, self.path, self.headers, json.loads(content or "{}")
            )
            text = json.dumps(value).encode() if forge.raw is None else forge.raw
            self.send_response(307 if forge.redirect else status)
            if forge.redirect:
                self.send_header("Location", forge.redirect + self.path)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_PUT = _answer  # noqa: N815 (the names of the base class)

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
