"""The comparison: the review contains every effect, and every certain finding happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from olt_provider.cli.graph.model import Graph
from olt_provider.cli.graph.sources import of_preview
from olt_provider.cli.preview.steps import Preview, read_preview
from olt_provider.cli.preview.types import APPLICATION
from olt_provider.cli.review.findings import ADOPTED, KINDS, ROTATED, Access, Review
from tests.cli.comparison.truth import Effect, Snapshot, effects

IN_PLACE: Final = {ROTATED, ADOPTED}
FAILS_ON: Final = {
    "delete": {"deleted"},
    "rotate": {"secret"},
    "revoke": {"revoked", "uninstalled", "inactive", "lost"},
    "login": {"login"},
}


@dataclass(frozen=True, repr=False)
class Step:
    """A preview and the run of the same program: the texts and snapshots to compare."""

    title: str
    preview: str
    before: Snapshot
    after: Snapshot
    secrets: frozenset[str]
    failed: bool
    registered: Mapping[str, str]
    """The ID of each application of the state after the run, by its name in a review."""
    live: Review
    """The review with ``--live``, made before the run."""
    output: str = ""
    held: Mapping[str, str] = field(default_factory=dict)
    """As ``registered``, before the run."""
    preview_failed: bool = False
    changes: int = 0
    """The number of changes that the run has made."""
    unseen: frozenset[str] = frozenset()
    """Applications with manual changes that are not in the state, so only ``--live`` sees them."""

    @cached_property
    def read(self) -> Preview:
        return read_preview(self.preview)

    @cached_property
    def truth(self) -> set[Effect]:
        return effects(self.before, self.after, self.secrets)


@dataclass
class Comparison:
    """The differences between a review and the truth, and how often each rule was tested."""

    step: Step
    review: Review
    problems: list[str] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)

    def compare(self) -> list[str]:
        """What was missed, and what was invented.

        A preview that fails ends early, and no run follows it, so its review has to report that.
        """
        if self.step.preview_failed or self.review.failed:
            self.tried["failed preview"] += 1
            if self.review.failed is not self.step.preview_failed:
                self.problems.append("a failed preview is not reported, or invented")
        else:
            self._effects()
            self._refusal()
        return [f"{self.step.title}: {each}" for each in self.problems]

    def _effects(self) -> None:
        for effect in sorted(self.step.truth):
            self.tried[effect[0]] += 1
            if not self._stated(effect) and not self._unseen(effect[1]):
                self.problems.append(f"missed: {effect}")
        if self.step.failed:
            return  # what would have followed did not happen
        for finding, happened in self._certain():
            self.tried["stated"] += 1
            if not happened and not any(key in finding for key in self._all_unseen()):
                self.problems.append(f"invented: {finding}")
        for kind in KINDS:
            self._fail_on(kind)

    def _refusal(self) -> None:
        failed = self.step.failed
        if failed and "OltError" not in self.step.output:
            return  # the engine's own
        self.tried["refused"] += failed
        refused = self.review.will_fail or self.step.live.live.refuses
        if refused != failed and not (failed and self.review.refused):
            word = "invented" if refused else "missed"
            self.problems.append(f"{word}: a refusal {self.step.output[-600:]}")

    def _fail_on(self, kind: Any) -> None:
        """Compare the counts of each kind with the effects.

        They are equal if all findings are certain.
        """
        if kind == "replace":
            self.tried["fail-on replace"] += self._replaced()
            if self._replaced() and not self.review.replaced:
                self.problems.append("missed: --fail-on replace")
            return  # those that are listed are compared one by one
        ended = {key for what, key, _ in self.step.truth if what == "deleted"}
        replaced = {each.application_id for each in self.review.replaced}
        kept = {(each.application_id, each.tenant) for each in self.review.needs_credentials}
        true = any(
            what in FAILS_ON[kind]
            and not (what == "deleted" and key in replaced)
            and not (what == "lost" and (key, tenant) in kept)
            for what, key, tenant in self.step.truth
        )
        fired = self.review.count(kind) > 0
        self.tried[f"fail-on {kind}"] += true
        if (true and not fired) and not self._all_unseen():
            self.problems.append(f"missed: --fail-on {kind}")
        if fired and not true and not self._possible(kind) and not self._all_unseen():
            self.problems.append(f"invented: --fail-on {kind} (ended: {ended})")

    def _replaced(self) -> bool:
        """Whether a resource has another application than before."""
        now = self.step.registered
        return any(now.get(name, key) != key for name, key in self.step.held.items())

    def _possible(self, kind: str) -> bool:
        found: dict[str, list[Any]] = {
            "delete": [*self.review.deleted],
            "rotate": [*self.review.dead_secrets],
            "login": [*self.review.logins],
            "revoke": [*self.review.loses_access, *self.review.inactive],
        }
        return any(not each.certain for each in found[kind])

    def _all_unseen(self) -> frozenset[str]:
        return frozenset() if self.review.live.checked else self.step.unseen

    def _unseen(self, key: str) -> bool:
        """Whether a review without ``--live`` cannot detect the application's real values."""
        return key in self._all_unseen()

    # What happened, and whether it is in the review

    def _stated(self, effect: Effect) -> bool:
        what, key, tenant = effect
        review = self.review
        if what == "deleted":
            return key in _ids(review.deleted) | _ids(review.replaced) and key in _ids(
                review.dead_secrets
            )
        if what == "secret":
            return any(
                each.why in IN_PLACE and each.application_id in (key, None)
                for each in review.dead_secrets
            )
        if what in ("revoked", "uninstalled"):
            return self._names(review.loses_access, key, tenant, what)
        if what == "lost":
            lost = self._names(review.loses_access, key, tenant)
            kept = self._names(review.needs_credentials, key, tenant)
            return lost or kept or self._ends_with_installations(key, tenant)
        if what in ("allowed", "installed"):
            gained = self._names(review.gains_access, key, tenant, what)
            return gained or self._names(review.needs_credentials, key, tenant)
        if what == "inactive":
            return key in _ids(review.inactive)
        if what == "login":
            return key in _ids(review.logins)
        if what == "registered":
            named = {each.application for each in (*review.replaced, *review.other)}
            return bool(named & self._labels(key)) or self._left_over(key)
        return key in _ids(review.other) or self._adopted_or_moved(key)

    def _ends_with_installations(self, key: str, tenant: str) -> bool:
        """Whether a tenant had it installed only, which no call shows to the owner, and the note
        on the application includes such tenants.
        """
        ended = (*self.review.deleted, *self.review.replaced)
        noted = {each.application_id for each in ended if "with its installations" in each.note}
        return key in noted and tenant not in self.step.before[key].allowed

    def _left_over(self, key: str) -> bool:
        """Whether a failed run registered it and no resource holds it."""
        return self.step.failed and key not in self.step.registered.values()

    def _adopted_or_moved(self, key: str) -> bool:
        review = self.review
        hidden: list[Any] = [each for each in review.loses_access if each.tenant is None]
        return any(
            each.application_id == key for each in [*review.inactive, *review.logins, *hidden]
        )

    def _labels(self, key: str) -> set[str]:
        """Return the names in a review of an application that this run registered."""
        return {name for name, id_ in self.step.registered.items() if id_ == key}

    def _names(self, accesses: tuple[Access, ...], key: str, tenant: str, why: str = "") -> bool:
        labels = self._labels(key) if key not in self.step.before else set()
        return any(
            each.tenant in (tenant, None)
            and (each.tenant is None or why in each.why or "hidden" in each.why)
            and (each.application_id == key or each.application in labels
                 or "does not name" in each.application)
            for each in accesses
        )  # fmt: skip

    # What the review states, and whether it happened

    def _certain(self) -> Iterator[tuple[str, bool]]:
        review, truth = self.review, self.step.truth
        happened = {(what, key) for what, key, _ in truth}
        for deleted in review.deleted:
            if deleted.certain:
                yield f"deleted {deleted}", ("deleted", deleted.application_id) in happened
        for replaced in review.replaced:
            old = replaced.application_id or ""
            stays = "stays on the platform" in replaced.note
            now = self.step.registered.get(replaced.application)
            yield (
                f"replaced {replaced}",
                now not in (None, old) and (stays or ("deleted", old) in happened),
            )
        for secret in review.dead_secrets:
            if secret.certain:
                key = secret.application_id
                died = ("secret", key) in happened or ("deleted", key) in happened
                yield f"dead {secret}", died or key is None
        for login in review.logins:
            if login.certain:
                yield f"login {login}", ("login", login.application_id) in happened
        for inactive in review.inactive:
            if inactive.certain:
                yield f"inactive {inactive}", ("inactive", inactive.application_id) in happened
        yield from self._accesses()

    def _accesses(self) -> Iterator[tuple[str, bool]]:
        for lost in self.review.loses_access:
            if not lost.certain:
                continue
            for what in ("revoked", "uninstalled"):
                if what in lost.why.split(", "):
                    effect: Effect = (what, lost.application_id or "", lost.tenant or "")
                    gone = ("lost", lost.application_id or "", lost.tenant or "")
                    yield f"loses {lost}", effect in self.step.truth or gone in self.step.truth
            if any(each.startswith("application ") for each in lost.why.split(", ")):
                effect = ("lost", lost.application_id or "", lost.tenant or "")
                yield f"loses {lost}", effect in self.step.truth
        for gained in (*self.review.gains_access, *self.review.needs_credentials):
            if not gained.certain or "does not name" in gained.application:
                continue
            keys = {gained.application_id, self.step.registered.get(gained.application)}
            held = [
                self.step.after[key] for key in keys if key is not None and key in self.step.after
            ]
            whats = [what for what in ("allowed", "installed") if what in gained.why] or ["used_by"]
            for what in whats:
                there = any(gained.tenant in getattr(each, what) for each in held)
                was = self.step.before.get(gained.application_id or "")
                fresh = was is None or gained.application_id not in self.step.after
                new = fresh or gained.tenant not in getattr(was, what)
                yield f"gains {gained}", there and (new or what == "used_by")


def _ids(items: Any) -> set[str | None]:
    return {each.application_id for each in items}


def graph_problems(step: Step, tried: Counter[str]) -> list[str]:
    """Losses that the graph misses or invents."""
    if step.failed or step.preview_failed:
        return []
    graph = of_preview(step.read)
    drawn = {pair: use.change for pair, use in graph.uses.items()}
    lost = {
        (key, tenant)
        for what, key, tenant in step.truth
        if what in ("revoked", "uninstalled", "lost") and key not in step.unseen
    }
    shown = {pair for pair, change in drawn.items() if change == "removed"}
    shown = {(key, tenant) for key, tenant in shown if key in step.before}
    tried["graph"] += len(lost)
    tried["graph drawn"] += len(shown)
    missed = {
        pair
        for pair in lost - shown
        if not _explained(graph, *pair) and not _only_installed(step, graph, *pair)
    }
    invented = {(key, tenant) for key, tenant in shown - lost if key not in step.unseen}
    return [f"{step.title}: the graph misses the loss of {pair}" for pair in sorted(missed)] + [
        f"{step.title}: the graph invents the loss of {pair}" for pair in sorted(invented)
    ]


def _explained(graph: Graph, key: str, tenant: str) -> bool:
    """Whether the graph shows that it does not know, or that the application is replaced."""
    if key not in graph.applications or key in graph.unmanaged:
        return True
    marked = {"replaced", "adopted"} & set(graph.marks[key])
    unknown = "unknown" in graph.uses.get((key, tenant), ())
    noted = any(graph.applications[key] in note for note in graph.notes)
    return bool(marked or unknown or noted)


def _only_installed(step: Step, graph: Graph, key: str, tenant: str) -> bool:
    """Whether a tenant of a deleted application had it installed only: no call shows that."""
    return "deleted" in graph.marks.get(key, ()) and tenant not in step.before[key].allowed


def labels(resources: list[dict[str, Any]]) -> dict[str, str]:
    """The IDs of the applications in a state, by their names in a review."""
    urns = [each for each in resources if each["type"] == APPLICATION and not each.get("external")]
    names = Counter(each["urn"].split("::", 3)[3] for each in urns)
    found = {}
    for each in urns:
        name = each["urn"].split("::", 3)[3]
        parents = each["urn"].split("::", 3)[2].rpartition("$")[0]
        if each.get("delete"):
            continue
        found[name] = found[f"{name} in {parents}"] = each["id"]
        if names[name] > 1 and parents:
            del found[name]
    return found
