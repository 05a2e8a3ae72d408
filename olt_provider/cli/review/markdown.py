"""A review as Markdown, for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from olt_provider.cli.review.findings import NOT_ASKED, Access, Affected, Drift, Live, Review

LIMIT: Final = 60_000
"""Characters; code hosts refuse comments of more than 65536."""
SHOWN: Final = 200
"""How much of a name is shown."""


def marker(stack: str) -> str:
    """A comment that no reader sees, the same for each run on a stack: find the comment by it."""
    return f"<!-- olt-review {re.sub(r'[^A-Za-z0-9_./-]', '_', stack)} -->"


def render(review: Review, *, picture: str = "") -> str:
    """The whole comment: the verdict first, the marker last. ``picture``: Markdown, if it fits."""
    lines = [f"**{verdict(review)}**", "", *_facts(review), ""]
    sections = [
        ("Applications that are replaced", _affected(review.replaced)),
        ("Applications that are deleted", _affected(review.deleted)),
        ("Applications that are set inactive", _affected(review.inactive)),
        (
            "Client secrets that stop working",
            [
                f"- {code(each.application)}: {each.why}"
                + (f" (client {code(each.client_id)})" if each.client_id else "")
                for each in review.dead_secrets
            ],
        ),
        ("Tenants that lose access", _access(review.loses_access)),
        ("Tenants that gain access", _access(review.gains_access)),
        ("Deletions that a guard refuses", _access(review.live.refused)),
        ("Registrations that a guard refuses", _affected(review.live.names_in_use)),
        ("Revoked tenants that have it installed", _access(review.live.revoked_installed)),
        (
            "Providers",
            [
                f"- {code(each.provider)}: {each.what}, {_names(each.settings)}"
                for each in review.providers
            ],
        ),
        ("Drift", _drift(review.drift or ())),
        ("Other changes", _affected(review.other)),
    ]
    for title, items in sections:
        if items:
            lines += [f"<details><summary>{title} ({len(items)})</summary>", "", *items, ""]
            lines += ["</details>", ""]
    if picture:
        drawn = ["<details><summary>Who can use what</summary>", "", picture, "", "</details>", ""]
        fits = sum(len(line) + 1 for line in [*lines, *drawn]) <= LIMIT
        lines += drawn if fits else ["The picture does not fit here: `olt graph` draws it.", ""]
    return "\n".join([*_cut(lines), marker(review.stack), ""])


def verdict(review: Review) -> str:
    """One line that says whether something stops working."""
    if review.failed:
        return "OLT: the preview failed, so this review may miss changes"
    counted = _counted(
        (len(review.replaced), "application replaced", "applications replaced"),
        (len(review.deleted), "application deleted", "applications deleted"),
        (len(review.inactive), "application set inactive", "applications set inactive"),
        (len(review.dead_secrets), "client secret stops working", "client secrets stop working"),
        (len(review.loses_access), "loss of access", "losses of access"),
    )
    if review.live.refused or review.live.names_in_use:
        return f"OLT: a guard will refuse this: {counted or 'a name is in use'}"
    if counted:
        return f"OLT: something stops working: {counted}"
    if review.gains_access or review.other or review.providers:
        return "OLT: nothing stops working"
    return "OLT: nothing changes"


def _counted(*counts: tuple[int, str, str]) -> str:
    return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n)


def _facts(review: Review) -> list[str]:
    if review.drift is None:
        drift = "not checked"
    else:
        drift = f"{len(review.drift)} found" if review.drift else "none"
    stack = [f"- stack: {code(review.stack)}"] if review.stack else []
    return [*stack, f"- drift: {drift}", f"- guards and installations: {_live(review.live)}"]


def _live(live: Live) -> str:
    if not live.checked:
        return f"not checked ({'run with --live' if live == NOT_ASKED else code(live.reason)})"
    refusals = len(live.refused) + len(live.names_in_use)
    text = f"{refusals} refusals, {len(live.revoked_installed)} revoked while installed"
    return f"{text}; not all checked ({code(live.reason)})" if live.reason else text


def _affected(items: Sequence[Affected]) -> list[str]:
    return [
        f"- {code(each.application)}"
        + (f" ({code(each.application_id)})" if each.application_id else "")
        + f": {each.note}"
        + (f": {_names(each.properties)}" if each.properties else "")
        for each in items
    ]


def _drift(items: Iterable[Drift]) -> list[str]:
    return [
        f"- {code(each.resource)}: {each.what}" + (f" {code(each.name)}" if each.name else "")
        for each in items
    ]


def _access(items: Sequence[Access]) -> list[str]:
    return [
        f"- {code(each.tenant) if each.tenant else 'tenants not told by the preview'}: "
        f"{code(each.application)}, {each.why}"
        for each in items
    ]


def code(text: str) -> str:
    """A code span on one line, so that text of a preview cannot format, link or mention.

    The fence is longer than every run of backticks in the text. A marker of another comment is
    broken up, because scripts find comments by it.
    """
    one_line = "".join(char if char.isprintable() else " " for char in text)
    shown = " ".join(one_line.replace("<!--", "<! --").split())[:SHOWN].strip() or "?"
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))


def _cut(lines: Iterable[str]) -> list[str]:
    """As many lines as fit into a comment."""
    kept: list[str] = []
    left, folded = LIMIT, False
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            closing = ["", "</details>"] if folded else []
            return [*kept, *closing, "", "More is left out here; `--format json` has all.", ""]
        folded = line.startswith("<details>") or (folded and line != "</details>")
        kept.append(line)
    return kept
