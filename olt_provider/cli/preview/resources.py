"""Combine all steps of a resource into its state before and after a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from olt_provider.cli.preview.steps import Preview, State, Step, name_of
from olt_provider.cli.preview.types import APPLICATION, INSTALLATION, kind_of

OURS: Final = (APPLICATION, INSTALLATION)
Change = Literal["same", "created", "updated", "replaced", "deleted", "released"]
"""The change of a resource. ``released``: it leaves the stack and stays on the platform."""


@dataclass(frozen=True)
class Gone:
    """A deleted state, and the index of its step, if the preview shows it."""

    state: State
    place: int | None
    pending: bool = False
    """Whether an earlier run replaced it and could not delete it."""


@dataclass(frozen=True)
class Resource:
    """A resource before and after the run; ``None`` if the stack does not manage it.

    ``seen`` is the state that a ``.get`` under the same name has read, and ``reads`` the ID that it
    reads in this run. ``created`` is the index of the step that creates it, if the preview shows
    one. ``keys`` are the inputs that change. An ``imported`` resource exists already and stays
    unchanged.
    """

    urn: str
    kind: str
    change: Change
    before: State | None
    after: State | None
    seen: State | None
    reads: str
    gone: tuple[Gone, ...]
    created: int | None
    keys: frozenset[str]
    provider: str
    imported: bool = False

    @property
    def urn_is_ours(self) -> bool:
        """Whether its type is of this package after the run; an alias may give it another type."""
        return kind_of(self.urn) in OURS

    @property
    def name(self) -> str:
        """The name in the program."""
        return name_of(self.urn)


def resources_of(preview: Preview) -> list[Resource]:
    """Return the resources, applications first, each by name. Steps of one URN belong together."""
    renamed = {
        (step.old.urn, step.old.id): step.urn
        for step in preview.steps
        if step.old is not None and step.old.urn not in ("", step.urn)
    }
    by_urn: dict[str, list[tuple[int, Step]]] = defaultdict(list)
    for place, step in enumerate(preview.steps):
        if step.kind in OURS or (step.old is not None and step.old.type in OURS):
            # a resource that an alias has renamed is deleted under its old name
            urn = renamed.get((step.urn, step.old.id if step.old else ""), step.urn)
            by_urn[urn].append((place, step))
    found = [_Steps(urn, steps).resource() for urn, steps in by_urn.items()]
    return sorted(found, key=lambda each: (each.kind, each.name, each.urn))


class _Steps:
    """All steps of one resource."""

    def __init__(self, urn: str, steps: list[tuple[int, Step]]) -> None:
        self._urn = urn
        self._steps = steps
        self._ours = kind_of(urn) in OURS

    def resource(self) -> Resource:
        before = next(self._states("same", "update", "replace", "create-replacement", "read"), None)
        before = before or next(self._states("read-replacement"), None)
        gone = self._gone(before)
        if before is None:
            before = next((each.state for each in gone if not each.pending), None)
        after = self._after()
        imported = before is None and any(step.op == "import" for _, step in self._steps)
        before = after if imported else before
        refreshed = next(self._states("refresh"), None)
        if before is None and after is None and not gone and refreshed is not None:
            before = after = refreshed  # the preview omits the step of an unchanged resource
        changed = [step.changed for _, step in self._steps if step.op in CHANGING]
        return Resource(
            urn=self._urn,
            kind=self._kind(),
            change=self._change(before, after, gone),
            before=before,
            after=after,
            seen=self._seen(),
            reads=self._reads(),
            gone=gone,
            created=next(
                (place for place, step in self._steps if step.op in ("create", *CREATING)), None
            ),
            keys=frozenset().union(*changed) - {"__provider"},
            provider=next((step.provider for _, step in self._steps if step.provider), ""),
            imported=imported,
        )

    def _kind(self) -> str:
        if self._ours:
            return kind_of(self._urn)
        return next(step.old.type for _, step in self._steps if step.old and step.old.type in OURS)

    def _states(self, *operations: str) -> Iterator[State]:
        """Return the old states of these operations, without unmanaged and missing resources."""
        for op in operations:
            for _, step in self._steps:
                if step.op == op and (old := _managed(step)) is not None:
                    yield old

    def _gone(self, before: State | None) -> tuple[Gone, ...]:
        shown = [
            (place, old)
            for place, step in self._steps
            if step.op in ("delete", "delete-replaced") and (old := _managed(step)) is not None
        ]
        live = before.id if before is not None else None
        if live is None and any(not old.marked for _, old in shown):
            live = next(old.id for _, old in shown if not old.marked)
        gone = [Gone(old, place, pending=old.id != live) for place, old in shown]
        operations = {step.op for _, step in self._steps}
        replaced = before is not None and operations & {"replace", *CREATING}
        if replaced and before is not None and all(each.state.id != live for each in gone):
            gone.append(Gone(before, None))
        return tuple(gone)

    def _after(self) -> State | None:
        read = any(step.op in READING for _, step in self._steps)
        if read or not self._ours:
            return None
        for _, step in self._steps:
            if step.op == "same":
                return _managed(step)
            if step.op == "update" and step.new is not None:
                return step.new.model_copy(update={"id": step.old.id if step.old else ""})
            if step.op == "import" and step.new is not None:
                return step.new.model_copy(update={"id": step.new.id or step.new.import_id})
            if step.op in ("create", "replace", *CREATING) and step.new is not None:
                return step.new
        return None

    def _seen(self) -> State | None:
        for _, step in self._steps:
            for state in (step.new, step.old):
                if state is not None and state.external and state.outputs:
                    return state
        return None

    def _reads(self) -> str:
        for _, step in self._steps:
            if step.op in READING and step.new is not None:
                return step.new.id
        return ""

    def _change(self, before: State | None, after: State | None, gone: tuple[Gone, ...]) -> Change:
        if before is not None and after is None:
            return "deleted" if any(not each.pending for each in gone) else "released"
        if before is None:
            return "created" if after is not None else "deleted" if gone else "same"
        if any(not each.pending for each in gone):
            return "replaced"
        return "updated" if any(step.op == "update" for _, step in self._steps) else "same"


READING: Final = ("read", "read-replacement")
CREATING: Final = ("create-replacement", "import-replacement")
CHANGING: Final = ("update", "replace", *CREATING)


def _managed(step: Step) -> State | None:
    """Return the old state, if the stack manages an existing resource."""
    old = step.old
    if old is None or old.external or (old.type or step.kind) not in OURS:
        return None
    # with --target, an excluded creation is shown as the same, without an ID
    return None if step.op == "same" and not (old.id or old.inputs) else old
