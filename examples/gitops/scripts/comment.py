"""Writes review.md into the pull or merge request; a later run changes the same comment.

Where nothing changes, it writes no new comment. It sets the labels of labels.json, if there is one,
and removes other labels that begin with `olt:`.

Called with `github` it needs GITHUB_API_URL, GITHUB_REPOSITORY, PULL_REQUEST and GITHUB_TOKEN; with
`gitlab` CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID and GITLAB_TOKEN. With the token of a
GitHub App of your own, COMMENT_AUTHOR names its user, such as `my-app[bot]`.

It changes only a comment that the token's own user wrote. It needs nothing but Python, uses no
proxy and no .netrc, and follows no redirect.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECONDS = 30
MAX_PAGES = 50
MAX_BYTES = 16 << 20
QUIET = "**OLT: nothing changes**"  # the first line of a review without changes
LABEL = re.compile(r"olt:[a-z-]{1,40}")
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
        """The response; None if it is the status ``may_fail``."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, content, self._headers, method=method)  # noqa: S310
        try:
            with OPENER.open(request, timeout=SECONDS) as response:
                return json.loads(response.read(MAX_BYTES))
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == may_fail:
                return None
            sys.exit(f"comment.py: {method} {url}: returned {error.code}")
        except ValueError:
            sys.exit(f"comment.py: {method} {url}: the response is not JSON")

    def listed(self, url: str) -> Any:
        """All items of a list, such as comments, oldest first."""
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


def wanted_labels() -> set[str] | None:
    """The labels of labels.json. The preview's job writes it, so nothing else is taken from it."""
    file = Path("labels.json")
    text = file.read_text(encoding="utf-8").strip() if file.exists() else ""
    if not text:
        return None
    labels = json.loads(text)
    if not all(LABEL.fullmatch(each) for each in labels):
        sys.exit("comment.py: labels.json holds other labels than those of olt: no label set")
    return set(labels)


def github(body: str, marker: str) -> None:
    env = os.environ
    forge = Forge({"Authorization": f"Bearer {env['GITHUB_TOKEN']}"})
    user = forge.call("GET", f"{env['GITHUB_API_URL']}/user", may_fail=403)
    if user is None:
        user = {"login": env.get("COMMENT_AUTHOR", ACTIONS)}
    issues = f"{env['GITHUB_API_URL']}/repos/{env['GITHUB_REPOSITORY']}/issues"
    request = f"{issues}/{env['PULL_REQUEST']}"
    found = own(forge.listed(f"{request}/comments"), marker, "user", user)
    if found is not None:
        forge.call("PATCH", f"{issues}/comments/{found}", {"body": body})
    elif not body.startswith(QUIET):
        forge.call("POST", f"{request}/comments", {"body": body})
    wanted = wanted_labels()
    if wanted is None:
        return
    there = {each["name"] for each in forge.listed(f"{request}/labels")}
    for stale in sorted(each for each in there - wanted if LABEL.fullmatch(each)):
        label = urllib.parse.quote(stale, safe="")
        forge.call("DELETE", f"{request}/labels/{label}", may_fail=404)
    if wanted - there:
        forge.call("POST", f"{request}/labels", {"labels": sorted(wanted - there)})


def gitlab(body: str, marker: str) -> None:
    env = os.environ
    forge = Forge({"PRIVATE-TOKEN": env["GITLAB_TOKEN"]})
    user = forge.call("GET", f"{env['CI_API_V4_URL']}/user")
    project = f"{env['CI_API_V4_URL']}/projects/{env['CI_PROJECT_ID']}"
    request = f"{project}/merge_requests/{env['CI_MERGE_REQUEST_IID']}"
    found = own(forge.listed(f"{request}/notes"), marker, "author", user)
    if found is not None:
        forge.call("PUT", f"{request}/notes/{found}", {"body": body})
    elif not body.startswith(QUIET):
        forge.call("POST", f"{request}/notes", {"body": body})
    wanted = wanted_labels()
    if wanted is None:
        return
    there = set(forge.call("GET", request)["labels"])
    stale = {each for each in there - wanted if LABEL.fullmatch(each)}
    changes = {"add_labels": wanted - there, "remove_labels": stale}
    given = {key: ",".join(sorted(labels)) for key, labels in changes.items() if labels}
    if given:
        forge.call("PUT", request, given)


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
