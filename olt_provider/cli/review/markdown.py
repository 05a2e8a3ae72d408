"""Render a review as Markdown, for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeVar

from olt_provider.cli.preview.stack import UNNAMED_LABEL
from olt_provider.cli.review.findings import (
    NOT_ASKED,
    Access,
    Affected,
    DeadSecret,
    Drift,
    Failure,
    Live,
    ProviderChange,
    Review,
    SecretAge,
)

LIMIT: Final = 60_000
"""The largest size in characters. Code hosts refuse comments of more than 65536."""
OPENED: Final = 10
"""The largest number of losses that are shown unfolded."""
SHOWN: Final = 200
"""The number of characters of a name that are shown."""


def marker(stack: str) -> str:
    """Return an invisible comment by which the comment of a stack's review is found."""
    return f"<!-- olt-review {re.sub(r'[^A-Za-z0-9_./-]', '_', stack)} -->"


def render(review: Review, *, picture: str = "") -> str:
    """Return the whole comment: the verdict first, the marker last. ``picture``: added if it fits.

    Effects that cannot be undone are shown; other certain losses while they are few. The rest is
    folded.
    """
    lines = [f"**{verdict(review)}**", "", *_facts(review), "", *_failures(review.failures)]
    for title, items in _shown(review):
        lines += [f"**{title} ({len(items)})**", "", *items, ""] if items else []
    for title, items, opened in _folded(review):
        if items:
            tag = "<details open>" if opened and len(items) <= OPENED else "<details>"
            lines += [f"{tag}<summary>{title} ({len(items)})</summary>", "", *items, ""]
            lines += ["</details>", ""]
    if picture:
        drawn = ["<details><summary>Who can use what</summary>", "", picture, "", "</details>", ""]
        fits = sum(len(line) + 1 for line in [*lines, *drawn]) <= LIMIT
        lines += drawn if fits else ["The picture does not fit here: `olt graph` draws it.", ""]
    return "\n".join([*_cut(lines), marker(review.stack), ""])


def _shown(review: Review) -> list[tuple[str, list[str]]]:
    return [
        ("Refused by `pulumi up`", _affected(_certain(review.refused))),
        ("Deletions that a guard refuses", _access(review.live.refused)),
        ("Registrations that a guard refuses", _affected(review.live.names_in_use)),
        ("Installations that the platform refuses", _access(review.live.not_allowed)),
        ("Applications that are replaced", _affected(review.replaced)),
        ("Applications that are deleted", _affected(review.deleted)),
        (
            "Client secrets that stop working",
            _secrets(each for each in review.dead_secrets if each.certain),
        ),
        (
            "Client secrets that may stop working",
            _secrets(each for each in review.dead_secrets if not each.certain),
        ),
    ]


def _folded(review: Review) -> list[tuple[str, list[str], bool]]:
    """Return titles, lines, and whether they are a certain loss."""
    inactive, logins, lost = review.inactive, review.logins, review.loses_access
    possible = _access(_possible(review.gains_access))
    return [
        ("What `pulumi up` may refuse", _affected(_possible(review.refused)), False),
        ("Applications that are set inactive", _affected(_certain(inactive)), True),
        ("Applications that may be set inactive", _affected(_possible(inactive)), False),
        ("Logins that stop working", _affected(_certain(logins)), True),
        ("Logins that may stop working", _affected(_possible(logins)), False),
        ("Access that tenants lose", _access(_certain(lost)), True),
        ("Access that tenants may lose", _access(_possible(lost)), False),
        (
            "Access of revoked tenants that have it installed",
            _access(review.live.revoked_installed),
            True,
        ),
        ("Access that needs new credentials", _access(review.needs_credentials), False),
        ("Access that tenants gain", _access(_certain(review.gains_access)), False),
        ("Access that tenants gain, if they do not have it", possible, False),
        ("Providers", _providers(review.providers), False),
        ("Client secrets with a due date", _ages(review.secret_ages), False),
        ("Drift: manual changes", _drift(review.drift or ()), False),
        ("Other changes", _affected(review.other), False),
    ]


F = TypeVar("F", Access, Affected, DeadSecret)


def _certain(items: Iterable[F]) -> list[F]:
    return [each for each in items if each.certain]


def _possible(items: Iterable[F]) -> list[F]:
    return [each for each in items if not each.certain]


def verdict(review: Review) -> str:
    """Return one line: the number of effects by kind, the possible ones apart."""
    if review.failed:
        return "OLT: the preview failed, so this review may miss changes"
    if review.refresh_only:
        found = len(review.drift or ())
        return f"OLT: a refresh, which changes only the state; {found} manual changes found"
    counted = ", ".join([*_stops(review), *_may_stop(review)])
    if review.live.refuses or review.will_fail:
        return f"OLT: a guard will refuse this: {counted or _refusal(review)}"
    if counted:
        return f"OLT: {counted}"
    if review.gains_access or review.other or review.providers or review.refused:
        return "OLT: nothing stops working"
    return "OLT: nothing changes"


def _refusal(review: Review) -> str:
    return "a name is in use" if review.live.names_in_use else "see below"


def _stops(review: Review) -> list[str]:
    counts = []
    replaced, deleted = len(review.replaced), len(_certain(review.deleted))
    if replaced:
        counts.append(
            f"{_count(replaced, 'application')} replaced (clients need a new ID and secret)"
        )
    if deleted:
        counts.append(
            f"{deleted} deleted" if replaced else f"{_count(deleted, 'application')} deleted"
        )
    inactive, logins = (
        len(_certain(review.inactive)),
        len({each.application for each in _certain(review.logins)}),
    )
    secrets = len(_certain(review.dead_secrets))
    if inactive:
        counts.append(f"{_count(inactive, 'application')} set inactive")
    if secrets:
        counts.append(
            f"{_count(secrets, 'client secret')} {'stops' if secrets == 1 else 'stop'} working"
        )
    if logins:
        counts.append(
            f"{_count(logins, 'application')} {'loses' if logins == 1 else 'lose'} logins"
        )
    lost = _certain(review.loses_access)
    tenants = len({each.tenant or "" for each in lost})
    if tenants:
        counts.append(f"{_count(tenants, 'tenant')} {'loses' if tenants == 1 else 'lose'} access")
    return counts


def _may_stop(review: Review) -> list[str]:
    counts = []
    for found, one, many in (
        (_possible(review.deleted), "application may be deleted", "applications may be deleted"),
        (
            _possible(review.inactive),
            "application may be set inactive",
            "applications may be set inactive",
        ),
        (
            _possible(review.dead_secrets),
            "client secret may stop working",
            "client secrets may stop working",
        ),
    ):
        if found:
            counts.append(f"{len(found)} {one if len(found) == 1 else many}")
    tenants = {each.application for each in _possible(review.loses_access)}
    logins = {each.application for each in _possible(review.logins)}
    if tenants | logins:
        lost = " or ".join(
            word for word, some in (("tenants", tenants), ("logins", logins)) if some
        )
        counts.append(f"{_count(len(tenants | logins), 'application')} may lose {lost}")
    if counts and not review.live.checked:
        counts[-1] += " (run with --live)"
    return counts


def _count(number: int, one: str) -> str:
    return f"{number} {one}{'' if number == 1 else 's'}"


def _facts(review: Review) -> list[str]:
    if review.drift is None:
        drift = "not checked"
    else:
        drift = f"{len(review.drift)} found" if review.drift else "none"
    stack = [f"- stack: {code(review.stack)}"] if review.stack else []
    guards = f"- guards and installations: {_live(review.live)}"
    return [*stack, f"- drift: {drift}", guards, *(f"- {note}" for note in review.notes)]


def _live(live: Live) -> str:
    if not live.checked:
        return f"not checked ({'run with --live' if live == NOT_ASKED else code(live.reason)})"
    refusals = len(live.refused) + len(live.names_in_use) + len(live.not_allowed)
    text = f"{refusals} refusals, {len(live.revoked_installed)} revoked while installed"
    return f"{text}; not all checked ({code(live.reason)})" if live.reason else text


WHY: Final = {
    "rotated": "rotated in place",
    "replaced": "its application is replaced",
    "deleted": "its application is deleted",
    "adopted without its secret": "adopted without its secret, so it is rotated",
}
"""The reasons why a client secret stops working, as the comment shows them."""


def _failures(failures: Iterable[Failure]) -> list[str]:
    """Return each error as a code block, which its text cannot close."""
    lines: list[str] = []
    for each in failures:
        content = [printable(line) for line in each.lines]
        fence = _fence("\n".join(content), shortest=3)
        lines += [f"**{code(each.resource) if each.resource else 'The program'} failed**", ""]
        lines += [fence, *content, fence, ""]
    return lines


def _providers(changes: Iterable[ProviderChange]) -> list[str]:
    return [f"- {code(each.provider)}: {each.what}, {_names(each.settings)}" for each in changes]


def _secrets(items: Iterable[DeadSecret]) -> list[str]:
    return [
        f"- {_application(each.application, None if each.client_id else each.application_id)}: "
        + WHY.get(each.why, each.why)
        + (f", due since {each.due}" if each.due else "")
        + (f" (client {code(each.client_id)})" if each.client_id else "")
        for each in items
    ]


def _ages(items: Iterable[SecretAge]) -> list[str]:
    return [
        f"- {_application(each.application, each.application_id)}: "
        + (f"made on {each.rotated}, " if each.rotated else "")
        + f"due on {each.due}"
        for each in items
    ]


def _affected(items: Iterable[Affected]) -> list[str]:
    return [
        f"- {_application(each.application, each.application_id)}: {each.note}"
        + (f": {_names(each.properties)}" if each.properties else "")
        for each in items
    ]


def _drift(items: Iterable[Drift]) -> list[str]:
    return [
        f"- {code(each.resource)}: {each.what}" + (f" {code(each.name)}" if each.name else "")
        for each in items
    ]


def _access(items: Iterable[Access]) -> list[str]:
    return [
        f"- {_tenant(each)}: {_application(each.application, each.application_id)}, {each.why}"
        for each in items
    ]


def _application(name: str, application_id: str | None) -> str:
    """Return an application's name and ID, if both are known and differ."""
    if name == UNNAMED_LABEL:
        return name
    if application_id is None or application_id == name:
        return code(name)
    return f"{code(name)} ({code(application_id)})"


def _tenant(access: Access) -> str:
    """Return a tenant by the program's comment, with its ID."""
    if access.tenant is None:
        return "tenants that the preview does not show"
    known = code(access.tenant)
    return f"{code(access.comment)} ({known})" if access.comment else known


def code(text: str) -> str:
    """Return a code span on one line, so that text of a preview cannot format, link or mention."""
    shown = " ".join(printable(text).split())[:SHOWN].strip() or "?"
    fence = _fence(shown, shortest=1)
    pad = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def printable(line: str) -> str:
    """Return the text without control characters.

    A marker in it is broken up, because scripts find comments by their marker.
    """
    return "".join(char if char.isprintable() else " " for char in line).replace("<!--", "<! --")


def _fence(text: str, *, shortest: int) -> str:
    """Return a fence that is longer than every run of backticks in the text."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    return "`" * max(longest + 1, shortest)


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))


def _cut(lines: Iterable[str]) -> list[str]:
    """Return the lines that fit into a comment."""
    kept: list[str] = []
    left, folded = LIMIT, False
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            closing = ["", "</details>"] if folded else []
            return [*kept, *closing, "", "More is left out here; `--format json` has all.", ""]
        folded = line.startswith("<details") or (folded and line != "</details>")
        kept.append(line)
    return kept
