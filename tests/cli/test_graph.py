"""``olt graph``: the access of tenants, from the platform and from a preview, in readable form."""

from __future__ import annotations

import json
import os
import re
import uuid
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
import resvg_py
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from olt_provider.cli.app import app
from olt_provider.cli.graph import mermaid, svg
from olt_provider.cli.graph.model import NAME, Graph, Use
from olt_provider.emulator import TENANT_A, TENANT_B, Emulator, Fault
from tests.emulated import calls_of
from tests.engine.previewed import SECRETS
from tools import pictures

GOLDEN: Final = Path(__file__).parent / "golden" / "graph"
PREVIEW: Final = Path(__file__).parent / "previews" / "change.json"
UPDATE: Final = bool(os.environ.get("UPDATE_GOLDENS"))
SVG: Final = "{http://www.w3.org/2000/svg}"
ACCESSES: Final = ("none", "allowed", "installed", "revoked", "unknown")


def _graph(*arguments: str | Path, code: int = 0, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(app, ["graph", *map(str, arguments)], input=stdin)
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def _kept(name: str, text: str) -> None:
    if UPDATE:
        (GOLDEN / name).write_text(text, "utf-8")
    assert text == (GOLDEN / name).read_text("utf-8")


def _sample(tenants: int) -> Graph:
    """Five applications, and as many tenants as one likes, with every kind of access."""
    graph = Graph("Who can use what")
    for number in range(5):
        graph.applications[str(number)] = (
            "Alarm bridge",
            "Billing",
            "Device twin",
            "Map",
            "Reports",
        )[number]
    for number in range(tenants):
        tenant = str(uuid.UUID(int=number << 96 | number))
        if number % 3:
            graph.comments[tenant] = f"Customer {number}"
        for key in range(5):
            before = ("installed", "allowed", "none")[(number // 60 + key) % 3]
            graph.uses[str(key), tenant] = Use(before, before)  # type: ignore[arg-type]
    first = next(iter(sorted(graph.uses)))
    graph.uses[first] = Use("allowed", "installed")
    graph.uses["1", first[1]] = Use("installed", "revoked")
    graph.uses["2", first[1]] = Use("unknown", "unknown")
    return graph


@pytest.mark.parametrize("tenants", [6, 200])
def test_it_is_drawn_as_kept(tenants: int) -> None:
    graph = _sample(tenants)
    _kept(f"{tenants}.mmd", mermaid.render(graph))
    _kept(f"{tenants}.svg", svg.render(graph))


def test_200_tenants_are_grouped_by_what_they_may_use() -> None:
    graph = _sample(200)
    groups = graph.groups()
    assert len(groups) == 4
    assert sorted(each for group in groups for each in group.tenants) == sorted(
        {tenant for _, tenant in graph.uses}
    )
    drawn = mermaid.render(graph)
    assert "tenants: " in drawn
    assert len(drawn.splitlines()) < 40


def test_what_changes_comes_first() -> None:
    first, *_ = _sample(200).groups()
    assert [use.change for use in first.uses] == ["added", "removed", "same", "same", "same"]


def test_the_platform_is_drawn(emulator: Emulator) -> None:
    both = {TENANT_A: "ours", TENANT_B: "a customer"}
    one = emulator.platform.register(TENANT_A, name="One", allowed_tenants=both)
    two = emulator.platform.register(TENANT_A, name="Two", allowed_tenants=[TENANT_A])
    other = emulator.platform.register(TENANT_B, name="Theirs", allowed_tenants=[TENANT_A])
    for made in (one, two, other):
        emulator.platform.install(made["id"], TENANT_A)
    emulator.platform.revoke(two["id"], TENANT_A)
    emulator.platform.patch(one["id"], status="inactive")
    emulator.clear_calls()
    drawn = _graph().stdout
    assert [call.method for call in calls_of(emulator)] == ["GET", "GET"]
    assert drawn.splitlines() == [
        "flowchart LR",
        '  a0["One #40;inactive#41;"]',
        '  a1["Theirs"]',
        '  a2["Two"]',
        '  t0(["a customer #40;b0000000#41;"])',
        '  t1(["ours #40;a0000000#41;"])',
        '  a0 -. "allowed" .-> t0',
        "  a0 --> t1",
        "  a1 --> t1",
        '  a2 -. "installed, not allowed any more" .-> t1',
    ]


def test_equal_names_are_numbered(emulator: Emulator) -> None:
    made = [emulator.platform.register(TENANT_A, name="One")["id"] for _ in range(2)]
    drawn = _graph().stdout
    assert all(f"One #40;{each[:8]}#41;" in drawn for each in made)


def test_tenant_that_cannot_be_listed_is_noted(emulator: Emulator) -> None:
    emulator.platform.register(TENANT_A, name="One", allowed_tenants=[TENANT_A])
    emulator.add_fault(Fault(path="/applications", kind="status", status=403, times=None))
    result = _graph()
    assert "One" in result.stdout
    assert f"not checked: what tenant {TENANT_A} uses of others" in result.stderr


def test_a_tenant_that_cannot_be_listed_is_one_line(emulator: Emulator) -> None:
    emulator.add_fault(Fault(kind="status", status=403, times=None))
    assert _graph(code=2).stderr.count("\n") == 1


def test_a_preview_of_the_real_engine_is_drawn_as_kept() -> None:
    _kept("preview.mmd", _graph(PREVIEW).stdout)
    drawn = _graph(PREVIEW, "--format", "svg").stdout
    _kept("preview.svg", drawn)
    assert not [secret for secret in SECRETS if secret in drawn]


def _step(op: str, kind: str, name: str, before: Any = None, after: Any = None) -> dict[str, Any]:
    states = {"oldState": before, "newState": after}
    urn = f"urn:pulumi:dev::test::pulumi-python:dynamic/olt:{kind}::{name}"
    given = {key: {"inputs": inputs} for key, inputs in states.items() if inputs is not None}
    return {"op": op, "urn": urn, **given}


def _drawn(*steps: dict[str, Any], same: int = 0) -> str:
    text = json.dumps({"steps": steps, "changeSummary": {"same": same}})
    return _graph("-", stdin=text).output


def test_what_a_change_adds_and_removes() -> None:
    before, after = {TENANT_A: "", TENANT_B: ""}, {TENANT_A: ""}
    drawn = _drawn(
        _step(
            "update",
            "OltApplication",
            "app",
            {"allowed_tenants": before},
            {"allowed_tenants": after},
        ),
        _step("create", "OltApplication", "new", None, {"allowed_tenants": {TENANT_B: ""}}),
        _step("delete", "OltApplication", "old", {"allowed_tenants": {TENANT_A: ""}}),
    )
    assert 'a0 -. "lost: allowed" .-x t1' in drawn
    assert 'a1 == "gained: allowed" ==> t1' in drawn
    assert 'a2 -. "lost: allowed" .-x t0' in drawn
    assert '"new #40;new#41;"' in drawn
    assert '"old #40;deleted#41;"' in drawn


@pytest.mark.parametrize("declared", ["[secret]", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"])
def test_hidden_tenants_are_noted(declared: str) -> None:
    drawn = _drawn(_step("create", "OltApplication", "app", None, {"allowed_tenants": declared}))
    assert "allowed tenants that are secret or not known yet: app" in drawn


INSTALLED: Final = {"tenant_id": TENANT_A}
UNMANAGED: Final[dict[str, Any]] = {"name": "app"}


def _installation(op: str, before: Any, after: Any) -> dict[str, Any]:
    """Of the application called app."""
    step = _step(op, "OltInstallation", "installed", before, after)
    urn = "urn:pulumi:dev::test::pulumi-python:dynamic/olt:OltApplication::app"
    for state in ("oldState", "newState"):
        if state in step:
            step[state]["propertyDependencies"] = {"application_id": [urn]}
    return step


def test_an_installation_of_an_application_whose_tenants_are_not_managed() -> None:
    stays = _step("same", "OltApplication", "app", UNMANAGED, UNMANAGED)
    comes = _drawn(stays, _installation("create", None, INSTALLED))
    assert 'a0 == "gained: allowed and installed" ==> t0' in comes
    goes = _drawn(stays, _installation("delete", INSTALLED, None))
    assert 'a0 -. "lost: allowed and installed" .-x t0' in goes


def test_an_installation_goes_while_it_is_not_known_who_is_allowed() -> None:
    hidden = {"allowed_tenants": "[secret]"}
    changed = _step("update", "OltApplication", "app", hidden, hidden)
    goes = _drawn(changed, _installation("delete", INSTALLED, None))
    assert 'a0 -. "lost: allowed and installed, then not known yet" .-x t0' in goes


def test_what_drifted_is_drawn_from_what_is_there() -> None:
    """Uninstalled manually: the refresh removes it, and the change installs it again."""
    gone = _installation("refresh", INSTALLED, None)
    comes = _drawn(
        _step("same", "OltApplication", "app", UNMANAGED, UNMANAGED),
        gone,
        _installation("create", None, INSTALLED),
    )
    assert 'a0 == "gained: allowed and installed" ==> t0' in comes


def test_replacement_of_single_steps_is_drawn_as_one() -> None:
    before, after = ({"allowed_tenants": {each: ""}} for each in (TENANT_A, TENANT_B))
    parts = _drawn(
        _step("create-replacement", "OltApplication", "app", None, after),
        _step("replace", "OltApplication", "app", before, after),
        _step("delete-replaced", "OltApplication", "app", before),
    )
    whole = _drawn(_step("replace", "OltApplication", "app", before, after))
    assert parts == whole
    assert '"app #40;replaced#41;"' in whole
    assert 'a0 == "gained: allowed" ==> t1' in whole
    assert 'a0 -. "lost: allowed" .-x t0' in whole


def test_preview_without_unchanged_resources_is_noted() -> None:
    assert "--show-sames" in _drawn(same=3)
    stays = _step("same", "OltApplication", "app", {"allowed_tenants": {}}, {"allowed_tenants": {}})
    assert "--show-sames" not in _drawn(stays, same=1)


@pytest.mark.parametrize("name", ["one.svg", "one.mmd", "one"])
def test_suffix_of_the_file_selects_the_format(tmp_path: Path, name: str) -> None:
    _graph(PREVIEW, "--out", tmp_path / name)
    assert (tmp_path / name).read_text("utf-8").startswith("<svg" if name == "one.svg" else "flow")
    assert "--force" in _graph(PREVIEW, "--out", tmp_path / name, code=2).stderr
    _graph(PREVIEW, "--out", tmp_path / name, "--force")


@pytest.mark.parametrize("arguments", [(), ("--format", "svg")])
def test_file_name_of_another_format_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert "*.svg" in _graph(PREVIEW, "--out", tmp_path / "access.png", *arguments, code=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_is_one_line_and_2(tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text("{")
    for arguments in ([tmp_path / "no.json"], [tmp_path / "none"], [PREVIEW, "--tenant", TENANT_A]):
        assert _graph(*arguments, code=2).stderr.count("\n") == 1


def test_graph_too_large_for_code_hosts_is_refused() -> None:
    graph = Graph("large")
    for number in range(500):
        graph.applications[str(number)] = f"App {number}"
        graph.uses[str(number), TENANT_A] = Use("none", "installed")
    with pytest.raises(mermaid.TooLargeError, match="--format svg"):
        mermaid.render(graph)
    assert svg.render(graph)


names = st.text(max_size=90)
graphs = st.builds(
    lambda titles, comments, uses: Graph(
        "any",
        {str(number): title for number, title in enumerate(titles)},
        {(str(a), str(uuid.UUID(int=t))): use for (a, t), use in uses.items() if a < len(titles)},
        {str(uuid.UUID(int=number)): comment for number, comment in enumerate(comments)},
    ),
    st.lists(names, min_size=1, max_size=4),
    st.lists(names, max_size=5),
    st.dictionaries(
        st.tuples(st.integers(0, 3), st.integers(0, 6)),
        st.builds(Use, st.sampled_from(ACCESSES), st.sampled_from(ACCESSES)),
    ),
)
LINE: Final = re.compile(
    r'flowchart LR|  a\d+\["[^"\[\]{}<>|`\\]+"\]|  t\d+\(\["[^"\[\]{}<>|`\\]+"\]\)'
    r'|  a\d+ (-->|-\. "[a-z:, ]+" \.-[>x]|== "[a-z:, ]+" ==>) t\d+|  linkStyle [\d,]+ [\w:#,-]+'
)


@given(graphs)
def test_no_name_can_break_mermaid(graph: Graph) -> None:
    for line in mermaid.render(graph).splitlines():
        assert LINE.fullmatch(line), line


@given(graphs)
def test_no_name_can_break_svg(graph: Graph) -> None:
    root = ET.fromstring(svg.render(graph))  # noqa: S314 (it was made here)
    assert len(list(root.iter(f"{SVG}g"))) >= sum(
        use.shown != "none" for group in graph.each() for use in group.uses
    )


@pytest.mark.parametrize("tenants", [6, 200])
def test_the_rows_of_a_picture_do_not_overlap(tenants: int) -> None:
    root = ET.fromstring(svg.render(_sample(tenants)))  # noqa: S314
    texts = [each for each in root.iter(f"{SVG}text") if "transform" not in each.attrib]
    labels = [each for each in texts if each.attrib["x"] == f"{svg.PAD:.1f}"]
    heights = sorted(float(each.attrib["y"]) for each in labels)
    assert all(below - above >= 18 for above, below in pairwise(heights))
    ends = {
        round(float(each.attrib["y"]) - 4.5): svg.PAD + svg._width(each.text or "")
        for each in labels
    }
    signs = [each.attrib for each in root.iter(f"{SVG}circle") if float(each.attrib["cx"]) > 60]
    assert signs
    for sign in signs:
        assert ends[round(float(sign["cy"]))] < float(sign["cx"]) - 17


def _texts(root: ET.Element, tag: str = "text") -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}{tag}")]


def test_heads_are_repeated_in_a_long_picture() -> None:
    graph = Graph("long", {"1": "Reports"})
    for number in range(2 * svg.REPEAT):
        graph.uses["1", str(uuid.UUID(int=number))] = Use("allowed", "allowed")
    root = ET.fromstring(svg.render(graph))  # noqa: S314
    assert _texts(root).count("Reports") == 2


def test_a_long_name_is_cut_and_whole_in_a_title() -> None:
    name = "An application with quite a long name"
    graph = Graph("long", {"1": name}, {("1", TENANT_A): Use("allowed", "allowed")})
    graph.comments[TENANT_A] = "A customer with quite a long name, too"
    root = ET.fromstring(svg.render(graph))  # noqa: S314
    assert f"{name[: NAME - 1]}\N{HORIZONTAL ELLIPSIS}" in _texts(root)
    assert name in _texts(root, "title")
    assert "A customer with quite a long n\N{HORIZONTAL ELLIPSIS} (a0000000)" not in _texts(root)
    assert "A customer with quite a long \N{HORIZONTAL ELLIPSIS} (a0000000)" in _texts(root)


def test_the_tenants_of_a_group_are_in_its_title_and_in_the_description() -> None:
    graph = _sample(200)
    root = ET.fromstring(svg.render(graph))  # noqa: S314
    (description,) = _texts(root, "desc")
    titles = _texts(root, "title")
    for group in graph.groups():
        named = ", ".join(graph.label(tenant) for tenant in group.tenants)
        assert named in titles or len(group.tenants) == 1
        assert named in description or set(group.uses) == {Use()}


def test_a_column_that_is_not_managed_is_drawn_apart() -> None:
    graph = Graph("any", {"1": "One", "2": "Two"}, {("2", TENANT_A): Use("allowed", "allowed")})
    plain = svg.render(graph)
    graph.unmanaged.add("1")
    drawn = svg.render(graph)
    assert svg.UNMANAGED not in plain.partition("</style>")[2]
    assert drawn.partition("</style>")[2].count(svg.UNMANAGED) == 2
    assert svg.NOT_MANAGED in drawn


def test_a_picture_has_other_colours_for_dark_pages() -> None:
    drawn = svg.render(_sample(6))
    assert "@media (prefers-color-scheme:dark)" in drawn
    used = set(re.findall(r"(?:fill|stroke)=.(#[0-9a-f]{6})", drawn))
    assert used <= svg.DARK.keys()
    assert all(f"f{colour[1:]}" in drawn or f"s{colour[1:]}" in drawn for colour in used)


def test_an_adoption_is_not_drawn_as_gained() -> None:
    adopts = {"allowed_tenants": {TENANT_A: ""}, "adopt": {"application_id": TENANT_B}}
    drawn = _drawn(_step("create", "OltApplication", "app", None, adopts))
    assert "gained" not in drawn
    assert '"app #40;adopted#41;"' in drawn


def test_what_is_not_managed_has_a_note() -> None:
    drawn = _drawn(_step("same", "OltApplication", "app", UNMANAGED, UNMANAGED))
    assert "allowed tenants that are not managed here: app" in drawn


def test_a_review_lists_the_tenants_of_each_group() -> None:
    allowed = {"allowed_tenants": {TENANT_A: "Ours", TENANT_B: "Customer B"}}
    text = json.dumps(
        {"steps": [_step("same", "OltApplication", "app", allowed, allowed)], "changeSummary": {}}
    )
    shown = CliRunner().invoke(app, ["review", "--graph"], input=text).stdout
    assert "- `2 tenants: Customer B, Ours`: `Customer B (b0000000)`, `Ours (a0000000)`" in shown


@pytest.mark.parametrize("tenants", [6, 200])
def test_a_picture_is_drawn_by_others_too(tenants: int) -> None:
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg.render(_sample(tenants))))
    assert png.startswith(b"\x89PNG")
    blank = bytes(resvg_py.svg_to_bytes(svg_string=svg.render(Graph("Who can use what"))))
    assert len(png) > 2 * len(blank)


@pytest.mark.parametrize("name", pictures.DRAWN)
def test_the_pictures_of_the_readme_are_as_drawn_now(name: str) -> None:
    """If not, ``make pictures``."""
    drawn = pictures.DRAWN[name]()
    assert (pictures.PICTURES / name).read_text("utf-8") == drawn
    assert set(re.findall(r"\b\w+://[\w.]+", drawn)) <= {
        "http://www.w3.org", "https://a.example", "https://b.example",
    }  # fmt: skip


def test_a_review_shows_the_picture() -> None:
    result = CliRunner().invoke(app, ["review", str(PREVIEW), "--graph"])
    drawn = _graph(PREVIEW).stdout
    assert (
        f"<details><summary>Who can use what</summary>\n\n```mermaid\n{drawn}```\n" in result.stdout
    )
    assert result.stdout.splitlines()[-1].startswith("<!-- olt-review")
    plain = CliRunner().invoke(app, ["review", str(PREVIEW)]).stdout
    assert "mermaid" not in plain


def test_a_review_is_not_cut_off_for_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    from olt_provider.cli.review import markdown

    plain = CliRunner().invoke(app, ["review", str(PREVIEW)]).stdout
    monkeypatch.setattr(markdown, "LIMIT", len(plain) + 200)
    shown = CliRunner().invoke(app, ["review", str(PREVIEW), "--graph"]).stdout
    assert "The picture does not fit here: `olt graph` draws it." in shown
    assert "mermaid" not in shown
