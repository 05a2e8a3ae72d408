"""Figures from measurements: pairs, medians, targets and the page. No figure is invented."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from benchmarks import figures, page, plot, state, targets
from benchmarks.results import (
    NAIVE,
    NATIVE,
    NOTHING,
    OLT,
    OPERATIONS,
    Case,
    CaseResult,
    Failed,
    Machine,
    Measured,
    Outcomes,
    Results,
    Start,
    StateSize,
)
from tests.documents import DOCS

MACHINE = Machine(
    system="Made up",
    cores=1,
    memory_bytes=1 << 30,
    load=0,
    python="3",
    engine="3",
    sdk="3",
    provider="0",
)


def measured(seconds: float, calls: int = 0, connections: int = 0, state: int = 0) -> Measured:
    return Measured(
        seconds=seconds,
        calls={"GET": calls} if calls else {},
        connections=connections,
        host_peak_bytes=50_000_000,
        host_cpu_seconds=0.5,
        state=StateSize(resources=2, whole=4000, provider=2 * state, pickle=100),
    )


def outcomes(nothing: float, naive: float, olt: float, native: float = 1, **more: int) -> Outcomes:
    """Return a round in which every operation of a provider took the same time."""
    return {
        NOTHING: dict.fromkeys(OPERATIONS, measured(nothing)),
        NAIVE: dict.fromkeys(OPERATIONS, measured(naive)),
        OLT: dict.fromkeys(OPERATIONS, measured(olt, **more)),
        NATIVE: dict.fromkeys(OPERATIONS, measured(native)),
    }


def results(*cases: CaseResult, rounds: int = 3) -> Results:
    started = datetime(2026, 1, 2, tzinfo=timezone.utc)
    return Results(started=started, machine=MACHINE, rounds=rounds, cases=list(cases))


THREE = [outcomes(1, 2, 1.5, 3), outcomes(10, 10, 11, 11), outcomes(4, 6, 4.8, 2.4)]


def test_ratios_are_of_pairs_and_their_median_is_shown() -> None:
    case = CaseResult(case=Case(applications=5), rounds=THREE)
    assert case.ratios(OLT, NOTHING, "create") == pytest.approx([1.5, 1.1, 1.2])
    cells = {row.provider: row.cells[:4] for row in figures.rows(case) if row.operation == "create"}
    assert cells[OLT] == ("4.80", "1.20 (1.10-1.50)", "0.80 (0.75-1.10)", figures.NONE)
    assert cells[NATIVE][3] == "1.00 (0.50-2.00)"


def test_a_step_that_failed_in_one_round_gets_no_figure_at_all() -> None:
    broken = outcomes(1, 2, 1.5)
    broken[OLT] = {"create": measured(1.5), "preview": Failed(reason="it broke")}
    case = CaseResult(case=Case(applications=100), rounds=[*THREE, broken])
    cells = {(row.operation, row.provider): row.cells for row in figures.rows(case)}
    assert cells["create", OLT][0] != figures.FAILED
    for operation in ("preview", "refresh", "rename", "destroy"):
        assert set(cells[operation, OLT]) == {figures.FAILED, figures.NONE}
        assert cells[operation, NOTHING][0] != figures.FAILED
    (failure,) = case.failures()
    assert "round 4: preview with olt: it broke" in failure
    verdicts = {each.title: each.verdict for each in targets.judged(results(case))}
    assert verdicts["refresh, 0 ms: seconds over those of doing nothing"] == "not measured"
    assert verdicts["connections, of any operation"] == "not measured"


def test_a_provider_that_was_left_out_has_not_failed() -> None:
    rounds = [{name: each[name] for name in (NOTHING, OLT)} for each in THREE]
    case = CaseResult(case=Case(applications=400), left_out=(NAIVE, NATIVE), rounds=rounds)
    cells = {(row.operation, row.provider): row.cells for row in figures.rows(case)}
    assert set(cells["create", NAIVE]) == {figures.LEFT_OUT, figures.NONE}
    assert cells["create", OLT][:3] == ("4.80", "1.20 (1.10-1.50)", figures.NONE)
    assert results(case).is_complete()


def test_targets_are_judged_on_their_own_cases() -> None:
    near = CaseResult(case=targets.NEAR, rounds=[outcomes(10, 20, 10.4, connections=4, state=650)])
    # 100 calls of 0.2 s by 4 threads are 5 s of waiting
    far = CaseResult(
        case=targets.FAR, rounds=[outcomes(5, 20, 12, calls=100, connections=6, state=650)]
    )
    other = CaseResult(case=Case(applications=10), rounds=[outcomes(1, 1, 9, connections=9)])
    judged = {each.title: each for each in targets.judged(results(near, far, other))}
    verdicts = [each.verdict for each in judged.values()]
    assert verdicts == [*["met"] * 4, *["not met"] * 4, "met", *["not measured"] * 3]
    waiting = [each.measured for title, each in judged.items() if "calls x" in title]
    assert waiting == pytest.approx([1.2, 1.2])
    assert judged["connections, of any operation"].measured == 6
    assert judged["preview: calls"].measured == 100


def test_native_form_is_judged_beside_the_dynamic_one() -> None:
    least = CaseResult(
        case=targets.LEAST, rounds=[outcomes(1, 9, 1.2, 1.7), outcomes(1, 9, 2, 2.1)]
    )
    many = CaseResult(case=targets.MANY, rounds=[outcomes(5, 20, 10, 6.4)])
    made = results(least, many).model_copy(
        update={"starts": {NATIVE: [Start(seconds=each, cpu_seconds=0.1) for each in (0.2, 0.3)]}}
    )
    judged = {each.title: each for each in targets.judged(made) if "native" in each.title}
    assert [each.measured for each in judged.values()] == pytest.approx([0.64, 0.3, 0.25])
    assert {each.verdict for each in judged.values()} == {"met"}
    assert figures.starts(made) == [("native form", "0.25", "0.10")]


def test_run_without_every_start_is_not_complete() -> None:
    made = results(CaseResult(case=Case(applications=5), rounds=THREE))
    assert made.is_complete()
    started = {NATIVE: [Start(seconds=0.2, cpu_seconds=0.1)]}
    assert not made.model_copy(update={"starts": started}).is_complete()


def test_a_case_that_was_not_run_is_not_judged() -> None:
    assert {each.verdict for each in targets.judged(results())} == {"not measured"}


def test_the_providers_part_is_what_the_program_does_not_declare() -> None:
    def resource(of: str, **outputs: object) -> dict[str, object]:
        declared = {"name": "x" * 100} if of == "Application" else {"tenant_id": "x" * 100}
        return {
            "type": f"pulumi-python:dynamic/olt:Olt{of}",
            "inputs": {**declared, "__provider": "abc"},
            "outputs": {**declared, "__provider": "abc", **outputs},
        }

    pickled = len('"__provider":"abc",')
    size = state.size(
        [
            {"type": "pulumi:pulumi:Stack"},
            resource("Application", client="y"),
            # what one kind declares, the other may make up
            resource("Installation", name="z"),
        ]
    )
    assert size is not None
    assert size.resources == 2
    assert size.pickle == 4 * pickled
    assert size.provider == size.pickle + len('"client":"y",') + len('"name":"z",')
    assert size.whole > 400 + size.provider
    assert state.size([{"type": "pulumi:pulumi:Stack"}]) is None


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder with the pages to renew."""
    text = f"# Before\n\n{page.BEGIN}\nold\n{page.END}\n\nafter\n"
    for name in (page.PAGE, page.TARGETS):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_page_is_renewed_between_its_markers(docs: Path) -> None:
    made = results(CaseResult(case=Case(applications=5), rounds=THREE))
    page.write(made, docs)
    text = (docs / page.PAGE).read_text()
    assert text.startswith("# Before\n")
    assert text.endswith("\nafter\n")
    assert "\nold\n" not in text
    assert "Measured on 2026-01-02, Made up, 1 cores" in text
    assert "| create | dynamic form | 4.80 | 1.20 (1.10-1.50) |" in text
    assert "| target | at most | measured |" in (docs / page.TARGETS).read_text()
    assert Results.load(docs / page.DATA) == made


@pytest.mark.parametrize(
    "bad",
    [
        results(CaseResult(case=Case(applications=5), rounds=THREE[:2])),
        results(CaseResult(case=Case(applications=5), rounds=THREE[:2]), rounds=2),
        results(
            CaseResult(
                case=Case(applications=5),
                rounds=[*THREE[:2], {OLT: {"create": Failed(reason="it broke")}}],
            )
        ),
    ],
    ids=["interrupted", "too few rounds", "failed"],
)
def test_the_page_is_not_made_of_half_a_run(bad: Results, docs: Path) -> None:
    before = (docs / page.PAGE).read_text()
    with pytest.raises(ValueError, match="the page"):
        page.write(bad, docs)
    assert (docs / page.PAGE).read_text() == before
    assert not (docs / page.DATA).exists()


def test_the_plot_is_the_same_for_the_same_results(tmp_path: Path) -> None:
    made = results(CaseResult(case=Case(applications=5), rounds=THREE))
    drawn = []
    for name in ("a.svg", "b.svg"):
        plot.draw(made, tmp_path / name)
        drawn.append((tmp_path / name).read_text())
    assert drawn[0] == drawn[1]
    for outside in ("<!DOCTYPE", "<metadata", 'href="http'):
        assert outside not in drawn[0]
    assert all(f">{name}<" in drawn[0] for name in OPERATIONS)


def test_the_documentation_shows_what_was_measured(tmp_path: Path) -> None:
    kept = Results.load(DOCS / page.DATA)
    for name, made in ((page.PAGE, page.generated), (page.TARGETS, page.targets)):
        _, _, rest = (DOCS / name).read_text(encoding="utf-8").partition(page.BEGIN + "\n")
        assert rest.partition(page.END)[0] == made(kept)
    plot.draw(kept, tmp_path / page.PICTURE)
    assert (tmp_path / page.PICTURE).read_text() == (DOCS / page.PICTURE).read_text()
