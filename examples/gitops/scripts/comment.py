"""Writes review.md into the pull or merge request; a later run changes the same comment.

Called with `github` it needs GITHUB_API_URL, GITHUB_REPOSITORY, PULL_REQUEST and GITHUB_TOKEN; with
`gitlab` CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID and GITLAB_TOKEN. With the token of a
GitHub App of your own, COMMENT_AUTHOR names its user, such as `my-app[bot]`.

It changes only a comment that the token's own user wrote. It needs nothing but Python, uses no
proxy and no .netrc, and follows no redirect.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECONDS = 30
MAX_PAGES = 50
MAX_BYTES = 16 << 20
ACTIONS = "github-actions[bot]"  # the user of a job's own token, which may not ask who it is


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """The token stays with the host that it was given for."""


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect())


class Forge:
    """The calls of one code host, with one token."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = {"Content-Type": "application/json", **headers}

    def call(self, method: str, url: str, body: Any = None, may_fail: int | None = None) -> Any:
        """The answer; None if it is the status ``may_fail``."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, content, self._headers, method=method)  # noqa: S310
        try:
            with OPENER.open(request, timeout=SECONDS) as answer:
                return json.loads(answer.read(MAX_BYTES))
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == may_fail:
                return None
            sys.exit(f"comment.py: {method} {url}: answered {error.code}")
        except ValueError:
            sys.exit(f"comment.py: {method} {url}: the answer is not JSON")

    def comments(self, url: str) -> Any:
        """All comments, oldest first."""
        for page in range(1, MAX_PAGES + 1):
            found = self.call("GET", f"{url}?per_page=100&page={page}")
            if not found:
                return
            yield from found


def own(comments: Any, marker: str, author: str, user: Mapping[str, Any]) -> Any:
    """The comment that ends with the marker and was written by this user."""
    names = {key: user[key] for key in ("id", "login", "username") if user.get(key)}
    for comment in comments:
        by = comment.get(author) or {}
        is_own = any(by.get(key) == value for key, value in names.items())
        if is_own and str(comment.get("body")).rstrip().endswith(marker):
            return comment["id"]
    return None


def github(body: str, marker: str) -> None:
    env = os.environ
    forge = Forge({"Authorization": f"Bearer {env['GITHUB_TOKEN']}"})
    user = forge.call("GET", f"{env['GITHUB_API_URL']}/user", may_fail=403)
    if user is None:
        user = {"login": env.get("COMMENT_AUTHOR", ACTIONS)}
    issues = f"{env['GITHUB_API_URL']}/repos/{env['GITHUB_REPOSITORY']}/issues"
    comments = f"{issues}/{env['PULL_REQUEST']}/comments"
    found = own(forge.comments(comments), marker, "user", user)
    if found is None:
        forge.call("POST", comments, {"body": body})
    else:
        forge.call("PATCH", f"{issues}/comments/{found}", {"body": body})


def gitlab(body: str, marker: str) -> None:
    env = os.environ
    forge = Forge({"PRIVATE-TOKEN": env["GITLAB_TOKEN"]})
    user = forge.call("GET", f"{env['CI_API_V4_URL']}/user")
    project = f"{env['CI_API_V4_URL']}/projects/{env['CI_PROJECT_ID']}"
    notes = f"{project}/merge_requests/{env['CI_MERGE_REQUEST_IID']}/notes"
    found = own(forge.comments(notes), marker, "author", user)
    if found is None:
        forge.call("POST", notes, {"body": body})
    else:
        forge.call("PUT", f"{notes}/{found}", {"body": body})


def main(arguments: list[str]) -> None:
    services = {"github": github, "gitlab": gitlab}
    if len(arguments) != 1 or arguments[0] not in services:
        sys.exit("usage: comment.py github|gitlab")
    try:
        body = Path("review.md").read_text(encoding="utf-8")
        if not body.strip():
            sys.exit("comment.py: review.md is empty: no comment written")
        services[arguments[0]](body, body.rstrip().splitlines()[-1])
    except KeyError as error:
        sys.exit(f"comment.py: {error.args[0]} is not set")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        sys.exit(f"comment.py: {type(error).__name__}: no comment written")


if __name__ == "__main__":
    main(sys.argv[1:])
