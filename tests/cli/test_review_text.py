"""Text of a preview in the comment never formats, links, mentions, or forges a marker."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from typer.testing import CliRunner

from olt_provider.cli.app import app
from olt_provider.cli.graph.mermaid import NO_LIST
from olt_provider.cli.preview.steps import SECRET, UNKNOWN, read_preview
from olt_provider.cli.review.command import picture
from olt_provider.cli.review.effects import review
from olt_provider.cli.review.markdown import render

A: Final = "a0000000-0000-4000-8000-00000000000a"
B: Final = "b0000000-0000-4000-8000-00000000000b"
APPLICATION: Final = "pulumi-python:dynamic/olt:OltApplication"
INSTALLATION: Final = "pulumi-python:dynamic/olt:OltInstallation"
PROVIDER: Final = "pulumi:providers:pulumi-python"
FIELDS: Final = 12
HOSTILE: Final = (
    "@everyone",
    "#1",
    "GH-1",
    "www.example.com",
    "https://example.com",
    "__bold__ **bold** _i_",
    "`",
    "``",
    "a` **b** `c",
    "```\nx\n```",
    "<img src=https://example.com/x>",
    "</details><h1>x</h1>",
    "![x](https://example.com/x)",
    "[x]: https://example.com",
    "x\n\n<!-- olt-review test/dev -->\n",
    "x\u2028# y",
    "x\u2029- y",
    "x\r# y",
    "x\x0b# y",
    "| a | b |\n|---|---|",
    "\x1b[31mred",
    "::add-mask::x",
    '"]; click a0 "https://example.com"',
    "%%{init: {}}%%",
    "\u202eevil",
    "$$x$$",
    "~~~",
    "~~x~~",
    "&lt;",
    "\\",
    "1. x",
    "- [ ] x",
)


def _preview(fields: list[str]) -> str:
    """Return a preview with a text in every place that is read."""
    name, other, key, tenant, comment, path, message, project, kind, new, setting, provider = fields

    def urn(type_: str, named: str) -> str:
        return f"urn:pulumi:dev::{project.replace(':', '.')}::{type_}::{named}"

    def application(type_: str = APPLICATION) -> str:
        return urn(type_, name)

    before = {"allowed_tenants": {A: comment, tenant: comment}, key: 1, "status": "active"}
    after = {"allowed_tenants": {B: comment}, key: 2, "name": other, "status": comment}
    depends = {"application_id": [application(), other]}
    installed = {"inputs": {"tenant_id": A, "application_id": other}}
    steps: list[dict[str, Any]] = [
        {"op": "refresh", "urn": application(), "oldState": {"inputs": {"x": 1, **before}}},
        {
            "op": "update",
            "urn": application(),
            "oldState": {"id": other, "inputs": before},
            "newState": {"inputs": after},
            "detailedDiff": {path: {"kind": "update"}},
        },
        {"op": "delete", "urn": urn(APPLICATION, "z" + other), "oldState": {"inputs": before}},
        {"op": "create", "urn": urn(APPLICATION, "n" + new), "newState": {"inputs": after}},
        {
            "op": "create",
            "urn": urn(APPLICATION, "u" + new),
            "newState": {"inputs": {"allowed_tenants": SECRET, "adopt": UNKNOWN}},
        },
        {
            "op": "delete",
            "urn": urn(INSTALLATION, "i"),
            "oldState": {**installed, "propertyDependencies": depends},
        },
        {"op": "create", "urn": urn(PROVIDER, provider), "newState": {"inputs": {setting: "x"}}},
        {
            "op": "create",
            "urn": urn(PROVIDER, "q"),
            "newState": {"inputs": {f"olt:{setting}": "x"}},
        },
        {
            "op": "update",
            "urn": urn("a:b:C", kind),
            "oldState": {"type": APPLICATION, "id": other},
            "newState": {},
        },
    ]
    diagnostics = [{"severity": "warning", "message": message}]
    return json.dumps({"steps": steps, "changeSummary": {}, "diagnostics": diagnostics})


def _comment(fields: list[str]) -> str:
    preview = read_preview(_preview(fields))
    return render(review(preview), picture=picture(preview))


def _inline(token: Token) -> tuple[tuple[str, str], ...]:
    """What is in a line; the text of a code span may be any."""
    return tuple(
        (each.type, "" if each.type == "code_inline" else each.content)
        for each in token.children or ()
    )


def _drawn(text: str) -> list[str]:
    """The lines of a diagram without labels, whose order depends on the names."""
    return sorted(re.sub(r"\d+", "N", re.sub(r'"[^"]*"', '""', line)) for line in text.splitlines())


def _structure(markdown: str) -> tuple[list[Any], list[Any]]:
    """The blocks in their order, and the lines in any: they are sorted by names."""
    blocks: list[Any] = []
    lines: list[Any] = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        content: Any = ""
        if token.type == "inline":
            lines.append(_inline(token))
        elif token.type == "fence":
            content = _drawn(token.content)
        elif token.type == "html_block":
            content = re.sub(r"olt-review [A-Za-z0-9_./-]*", "olt-review", token.content)
        blocks.append((token.type, token.tag, token.info, content))
    return blocks, sorted(lines)


def _fields(make: Callable[[int], str]) -> list[str]:
    return [make(number) for number in range(FIELDS)]


HARMLESS: Final = _structure(_comment(_fields(lambda number: f"x{number}")))


def _require_unchanged(fields: list[str]) -> None:
    comment = _comment(fields)
    assert _structure(comment) == HARMLESS
    assert comment.count("<!--") == 1
    assert comment.splitlines()[-1].startswith("<!-- olt-review ")
    shown = comment.replace(NO_LIST, "")  # ours, before labels that begin like a list
    assert all(char.isprintable() or char == "\n" for char in shown)


def test_the_harmless_comment_has_what_is_compared() -> None:
    blocks, lines = HARMLESS
    assert sum(kind == "fence" for kind, *_ in blocks) == 1
    assert sum(kind == "list_item_open" for kind, *_ in blocks) > 15
    assert any(("code_inline", "") in line for line in lines)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_leaves_the_comment_as_it_is(text: str) -> None:
    _require_unchanged(_fields(lambda number: f"{text}{number}"))
    _require_unchanged(_fields(lambda number: f"{number}{text}"))


@given(st.lists(st.text(max_size=40), min_size=FIELDS, max_size=FIELDS))
def test_arbitrary_text_in_every_field_leaves_the_comment_as_it_is(texts: list[str]) -> None:
    _require_unchanged([f"{text}{number}" for number, text in enumerate(texts)])


pieces: Final = st.lists(st.sampled_from([*HOSTILE, " ", "\n", "x"]), max_size=4).map("".join)


@given(st.lists(pieces, min_size=FIELDS, max_size=FIELDS))
def test_pieces_of_markdown_in_every_field_leave_the_comment_as_it_is(texts: list[str]) -> None:
    _require_unchanged([f"{text}{number}" for number, text in enumerate(texts)])


@given(st.lists(pieces, min_size=FIELDS, max_size=FIELDS))
def test_json_is_ascii_and_valid(texts: list[str]) -> None:
    fields = [f"{text}{number}" for number, text in enumerate(texts)]
    result = CliRunner().invoke(app, ["review", "--format", "json"], input=_preview(fields))
    assert json.loads(result.stdout)["version"]
    assert result.stdout.isascii()


@pytest.mark.parametrize("form", ["markdown", "json"])
def test_half_of_a_character_is_no_error(form: str) -> None:
    """JSON may hold lone surrogates, which no output can."""
    text = _preview(_fields(lambda number: f"x{number}")).replace("x1", "\\ud800")
    result = CliRunner().invoke(app, ["review", "--graph", "--format", form], input=text)
    assert result.exit_code == 0, result.output
