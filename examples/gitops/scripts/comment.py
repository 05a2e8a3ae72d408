"""Writes review.md into the pull or merge request; a later run changes the same comment.

Called with `github` it needs GITHUB_API_URL, GITHUB_REPOSITORY, PULL_REQUEST and GITHUB_TOKEN; with
`gitlab` CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID and GITLAB_TOKEN.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import requests

TIMEOUT = 30
MAX_PAGES = 50


def call(session: requests.Session, method: str, url: str, **arguments: Any) -> Any:
    answer = session.request(method, url, timeout=TIMEOUT, allow_redirects=False, **arguments)
    if not answer.ok or answer.is_redirect:
        sys.exit(f"{method} {url}: answered {answer.status_code}")
    return answer.json()


def put(session: requests.Session, comments: str, one: str, update: str, body: str) -> None:
    """Update the comment that ends with the same marker, or write a new one."""
    marker = body.rstrip().splitlines()[-1]
    for page in range(1, MAX_PAGES + 1):
        found = call(session, "GET", comments, params={"per_page": 100, "page": page})
        for comment in found:
            if comment["body"].rstrip().endswith(marker):
                call(session, update, f"{one}/{comment['id']}", json={"body": body})
                return
        if len(found) < 100:
            break
    call(session, "POST", comments, json={"body": body})


def main(service: str) -> None:
    body = Path("review.md").read_text(encoding="utf-8")
    if not body.strip():
        sys.exit("comment.py: review.md is empty: no comment written")
    env = os.environ
    with requests.Session() as session:
        if service == "github":
            session.headers["Authorization"] = f"Bearer {env['GITHUB_TOKEN']}"
            issues = f"{env['GITHUB_API_URL']}/repos/{env['GITHUB_REPOSITORY']}/issues"
            comments = f"{issues}/{env['PULL_REQUEST']}/comments"
            put(session, comments, f"{issues}/comments", "PATCH", body)
        else:
            session.headers["PRIVATE-TOKEN"] = env["GITLAB_TOKEN"]
            project = f"{env['CI_API_V4_URL']}/projects/{env['CI_PROJECT_ID']}"
            notes = f"{project}/merge_requests/{env['CI_MERGE_REQUEST_IID']}/notes"
            put(session, notes, notes, "PUT", body)


if __name__ == "__main__":
    if sys.argv[1:] not in (["github"], ["gitlab"]):
        sys.exit("usage: comment.py github|gitlab")
    try:
        main(sys.argv[1])
    except KeyError as error:
        sys.exit(f"comment.py: {error.args[0]} is not set")
    except (OSError, requests.RequestException) as error:
        sys.exit(f"comment.py: {type(error).__name__}: no comment written")
