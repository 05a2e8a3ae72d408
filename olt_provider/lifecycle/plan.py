"""The plan of a change: the steps from an application's present state to its declaration.

A pure function that makes no API calls: the provider executes a plan, and ``olt review`` and ``olt
graph`` read the effects of a preview from one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from olt_provider.lifecycle.application.model import TABLE, ApplicationInputs
from olt_provider.lifecycle.application.rotation import TRIGGER, Rotation, by_age, by_trigger
from olt_provider.lifecycle.application.secret_age import DAYS
from olt_provider.lifecycle.properties import Props, Sent
from olt_provider.lifecycle.values import UNKNOWN, has_unknown


@dataclass(frozen=True)
class Patch:
    """Change properties: ``PATCH .../{applicationId}``. Holds the new values by name."""

    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Allow:
    """Allow a tenant, or change its comment: ``PUT .../allowed-tenants/{tenantId}``."""

    tenant_id: str
    comment: str


@dataclass(frozen=True)
class Revoke:
    """Revoke a tenant: ``DELETE .../allowed-tenants/{tenantId}``."""

    tenant_id: str


@dataclass(frozen=True)
class NewSecret:
    """Rotate the client secret: ``POST .../secret``. The present one is invalid at once.

    ``because`` is the name of the input that causes it.
    """

    because: str


Step = Patch | Allow | Revoke | NewSecret


@dataclass(frozen=True)
class Plan:
    """The steps of a change, in a safe order.

    Each step can be repeated. The rotation is the last one, because it ends the present secret, and
    a step that fails after it would lose the new one.

    Attributes:
        steps: the steps, one for each API call.
        undecided: names of inputs with an unknown value, as in a preview, so that their steps are
            possible but not certain, or missing.
    """

    steps: tuple[Step, ...] = ()
    undecided: frozenset[str] = frozenset()

    @property
    def new_secret(self) -> NewSecret | None:
        """The rotation of the client secret, if there is one."""
        return next((step for step in self.steps if isinstance(step, NewSecret)), None)

    @property
    def rotation(self) -> Rotation:
        """Whether the client secret is rotated."""
        step = self.new_secret
        if step is None:
            return Rotation.NO
        return Rotation.MAYBE if step.because in self.undecided else Rotation.YES

    @property
    def patched(self) -> Mapping[str, Any]:
        """The new values of the properties that change in place."""
        return next((step.changes for step in self.steps if isinstance(step, Patch)), {})

    @property
    def allowed(self) -> Mapping[str, str]:
        """The tenants that are allowed or whose comment changes."""
        return {step.tenant_id: step.comment for step in self.steps if isinstance(step, Allow)}

    @property
    def revoked(self) -> tuple[str, ...]:
        """The tenants that are revoked."""
        return tuple(step.tenant_id for step in self.steps if isinstance(step, Revoke))


def plan(
    current: ApplicationInputs,
    desired: ApplicationInputs,
    *,
    age: Rotation = Rotation.NO,
    secret_lost: bool = False,
) -> Plan:
    """Plan the change of an application. Values may be ``UNKNOWN``.

    ``age``: whether the client secret is due for rotation. ``secret_lost``: whether it may be dead.
    If ``current.allowed_tenants`` is ``None`` and tenants are desired, the allowed tenants are not
    known, so every desired tenant is allowed, and the revocations are undecided.
    """
    rotation, because = _rotation(current, desired, age, secret_lost=secret_lost)
    steps: tuple[Step, ...] = (*_patch(current, desired), *_tenants(current, desired))
    if rotation is not Rotation.NO:
        steps = (*steps, NewSecret(because))
    undecided = {*_undecided(current, desired)}
    if rotation is Rotation.MAYBE:
        undecided.add(because)
    return Plan(steps, frozenset(undecided))


def plan_of(outputs: Props, inputs: Props, now: datetime) -> Plan:
    """Plan the update of a resource from its last outputs and its checked inputs.

    The values are those of a preview: a missing one is the default, and unknown ones are
    ``UNKNOWN``. Empty ``outputs``: plan the adoption of an application of which nothing is known.
    """
    return plan(
        ApplicationInputs.from_props(outputs),
        ApplicationInputs.from_props(inputs),
        age=by_age(outputs, inputs, now),
    )


def _rotation(
    current: ApplicationInputs, desired: ApplicationInputs, age: Rotation, *, secret_lost: bool
) -> tuple[Rotation, str]:
    """Return whether the client secret is rotated, and the input that causes it."""
    if _is_unknown(desired.adopt):
        return Rotation.MAYBE, "adopt"
    if desired.adopt is not None:
        given = desired.adopt.client_secret is not None
        return Rotation.NO if given else Rotation.YES, "adopt"
    trigger = by_trigger(current.rotate_secret_when_changed, desired.rotate_secret_when_changed)
    lost = Rotation.YES if secret_lost else Rotation.NO
    reasons = ((trigger, TRIGGER), (age, DAYS), (lost, "client_secret"))
    for rotation in (Rotation.YES, Rotation.MAYBE):
        for found, because in reasons:
            if found is rotation:
                return rotation, because
    return Rotation.NO, ""


def _patch(current: ApplicationInputs, desired: ApplicationInputs) -> Iterator[Patch]:
    changes = {
        name: getattr(desired, name)
        for name, each in TABLE.items()
        if Sent.PATCH in each.sent and _may_differ(getattr(current, name), getattr(desired, name))
    }
    if changes:
        yield Patch(changes)


def _may_differ(current: Any, desired: Any) -> bool:
    return has_unknown(desired) or bool(current != desired)


def _tenants(current: ApplicationInputs, desired: ApplicationInputs) -> Iterator[Allow | Revoke]:
    if not isinstance(desired.allowed_tenants, Mapping):
        return
    managed = current.allowed_tenants
    allowed = managed if isinstance(managed, Mapping) else {}
    for tenant_id, comment in sorted(desired.allowed_tenants.items()):
        if allowed.get(tenant_id) != comment:
            yield Allow(tenant_id, comment)
    for tenant_id in sorted(allowed.keys() - desired.allowed_tenants.keys()):
        yield Revoke(tenant_id)


def _undecided(current: ApplicationInputs, desired: ApplicationInputs) -> Iterator[str]:
    for name, each in TABLE.items():
        values = getattr(current, name), getattr(desired, name)
        if Sent.PATCH in each.sent and has_unknown(values):
            yield name
    were, will_be = current.allowed_tenants, desired.allowed_tenants
    if _is_unknown(will_be) or (will_be is not None and (were is None or _is_unknown(were))):
        yield "allowed_tenants"


def _is_unknown(value: object) -> bool:
    return value is UNKNOWN
