"""The guard against moves by default: no resource moves because the default tenant has changed.

An existing resource keeps its tenant. The engine sends a replacement like a creation, which gets
the present default, so it is refused if the default is seen to have changed; and the application or
installation that it would replace is not deleted.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict

from olt_provider.lifecycle.errors import LifecycleError


class DefaultTenants:
    """The tenants of the resources of one run that declare none. Safe to share by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: str | None = None
        self._created: str | None = None
        self._recreated: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._applications: defaultdict[str, set[str]] = defaultdict(set)
        self._installations: defaultdict[str, set[str]] = defaultdict(set)

    def keep(self, resource: str, tenant_id: str, default: str) -> None:
        """Record that a resource stays in its tenant.

        Raises ``LifecycleError`` if another resource got the present default, which differs.
        """
        if tenant_id == default:
            return
        with self._lock:
            self._kept = f"{resource} stays in tenant {tenant_id}, but the default is now {default}"
            if self._created is not None:
                raise _undecided(self._created, self._kept)

    def create(self, kind: str, resource: str, tenant_id: str) -> None:
        """Record that a resource gets the default tenant.

        Raises ``LifecycleError`` if the default has changed. A change is seen if another resource
        stays in an earlier default, or if one of the same kind was deleted in another tenant before
        its replacement.
        """
        with self._lock:
            self._created = resource
            if self._kept is not None:
                raise _undecided(resource, self._kept)
            elsewhere = +self._recreated[kind]
            if elsewhere and not elsewhere[tenant_id]:
                raise _undecided(
                    resource,
                    f"one in tenant {', '.join(sorted(elsewhere))} is replaced in this run, but "
                    f"the default is {tenant_id}",
                )

    def delete_first(self, kind: str, tenant_id: str) -> None:
        """Record that a resource may be deleted before its replacement, because a dependency is."""
        with self._lock:
            self._recreated[kind][tenant_id] += 1

    def replace(self, kind: str, tenant_id: str) -> None:
        """Record a creation in a tenant that may replace a resource that was deleted first."""
        with self._lock:
            self._recreated[kind][tenant_id] -= 1

    def note_application(self, name: str, tenant_id: str) -> None:
        """Record the tenant of an application that declares none."""
        with self._lock:
            self._applications[name].add(tenant_id)

    def note_installation(self, application_id: str, tenant_id: str) -> None:
        """Record the default tenant of an installation that declares none."""
        with self._lock:
            self._installations[application_id].add(tenant_id)

    def require_no_move_of_application(self, name: str, tenant_id: str) -> None:
        """Raise ``LifecycleError`` if deleting an application would complete a move by default."""
        with self._lock:
            _require_no_move(
                self._applications[name], tenant_id, f"application {name!r}", "deleted from"
            )

    def require_no_move_of_installation(self, application_id: str, tenant_id: str) -> None:
        """Raise ``LifecycleError`` if uninstalling would complete a move by default."""
        with self._lock:
            _require_no_move(
                self._installations[application_id],
                tenant_id,
                f"the installation of application {application_id}",
                "uninstalled from",
            )


def _undecided(resource: str, why: str) -> LifecycleError:
    return LifecycleError(
        f"{resource} declares no tenant_id, and {why}: whether it is new or replaces one in "
        "another tenant is not known, so declare tenant_id"
    )


def _require_no_move(tenants: set[str], tenant_id: str, resource: str, verb: str) -> None:
    if not tenants or tenant_id in tenants:
        return
    now = ", ".join(sorted(tenants))
    raise LifecycleError(
        f"{resource} was not {verb} tenant {tenant_id}, because the one in tenant {now} declares "
        "no tenant_id and may replace it only because the default changed: declare "
        f'tenant_id="{now}" to confirm the move, or tenant_id="{tenant_id}" to revert it'
    )
