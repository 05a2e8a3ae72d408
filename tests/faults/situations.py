"""The operations, and in each the calls that can fail: those of a run that goes well, and those
that are only made after something else went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from olt_provider.emulator import Fault
from tests.faults.calls import CALLS
from tests.faults.ground import APP, INSTALLED, SECOND, SECOND_INSTALLED, Ground, Scene
from tests.faults.kinds import Source
from tests.model.state import Placed, Program, State

Operation = Literal["create", "read", "update", "rotate", "adopt", "install", "uninstall", "delete"]
Stage = Callable[[Ground], Scene]


@dataclass(frozen=True)
class Situation:
    """A way to reach an operation."""

    operation: Operation
    name: str
    calls: tuple[str, ...]
    """All calls with no faults but the given ones, in order, retries included."""
    stage: Stage
    tried: tuple[int, ...]
    """Which of the calls are the cells of this situation, by position."""
    source: Source = "tenantTokens"
    undoes: bool = False
    """Whether it deletes the application of a failed operation, as only the dynamic form does."""


@dataclass(frozen=True)
class Target:
    """One call of one situation."""

    situation: Situation
    position: int

    @property
    def call(self) -> str:
        return self.situation.calls[self.position]

    @property
    def earlier(self) -> int:
        """The number of earlier calls with the same method and path."""
        mine = str(CALLS[self.call])
        return [str(CALLS[call]) for call in self.situation.calls[: self.position]].count(mine)

    @property
    def title(self) -> str:
        """As the table heads its column."""
        return f"{self.call} ({self.situation.name})"


def _declared(**changes: Any) -> dict[str, Any]:
    return {"name": "Sample", "teaser_description": "Reads", **changes}


def _program(declared: Mapping[str, Any], *, installed_in: str | None = None) -> Program:
    installations = {} if installed_in is None else {INSTALLED.name: Placed(APP.name, installed_in)}
    return Program({APP.name: dict(declared)}, installations)


def _once(call: str, **how: Any) -> Fault:
    return Fault(method=CALLS[call].method, path=CALLS[call].path, times=1, **how)


def _create(ground: Ground) -> Scene:
    return Scene(_program(_declared(allowed_tenants={ground.user: "a customer"})))


def _create_inactive(ground: Ground) -> Scene:
    return Scene(_program(_declared(status="inactive")))


def _create_lost(ground: Ground) -> Scene:
    lost = _once("applications.register", kind="reset_after")
    return replace(_create(ground), given=(lost,))


def _create_undone(ground: Ground) -> Scene:
    refused = _once("applications.patch", kind="status", status=403)
    return replace(_create_inactive(ground), given=(refused,))


def _kept(ground: Ground, before: Mapping[str, Any], after: Mapping[str, Any]) -> Scene:
    state = State({APP: ground.kept(dict(before))})
    return Scene(_program(after), state, _program(before))


def _read(ground: Ground) -> Scene:
    return replace(_kept(ground, _declared(), _declared()), refresh=True)


def _read_gone(ground: Ground) -> Scene:
    scene = _read(ground)
    ground.emulator.platform.delete(scene.state.resources[APP].id)
    return scene


def _installed(ground: Ground) -> Scene:
    declared = _declared(allowed_tenants={ground.user: ""})
    scene = _kept(ground, declared, declared)
    application_id = scene.state.resources[APP].id
    scene.state.resources[INSTALLED] = ground.kept_installation(application_id)
    both = _program(declared, installed_in=ground.user)
    return replace(scene, program=both, before=both)


def _read_installation(ground: Ground) -> Scene:
    return replace(_installed(ground), refresh=True)


def _read_several(ground: Ground) -> Scene:
    """A second application, installed too: its tenant's lists are asked for both of them."""
    scene = _read_installation(ground)
    declared = _declared(name="Second", allowed_tenants={ground.user: ""})
    second = ground.kept(dict(declared))
    scene.state.resources[SECOND] = second
    scene.state.resources[SECOND_INSTALLED] = ground.kept_installation(second.id)
    scene.program.applications[SECOND.name] = declared
    scene.program.installations[SECOND_INSTALLED.name] = Placed(SECOND.name, ground.user)
    return replace(scene, before=scene.program)


def _read_installation_gone(ground: Ground) -> Scene:
    scene = _read_installation(ground)
    ground.emulator.platform.delete(scene.state.resources[APP].id)
    return scene


def _update(ground: Ground) -> Scene:
    before = _declared(allowed_tenants={ground.user: ""})
    after = _declared(name="Renamed", allowed_tenants={ground.other: "new"})
    return _kept(ground, before, after)


def _update_managed(ground: Ground) -> Scene:
    before = _declared()
    scene = _kept(ground, before, _declared(allowed_tenants={ground.other: ""}))
    ground.emulator.platform.allow(scene.state.resources[APP].id, ground.user, "manual")
    return scene


def _update_revoked(ground: Ground) -> Scene:
    scene = _kept(
        ground, _declared(allowed_tenants={ground.user: ""}), _declared(allowed_tenants={})
    )
    ground.emulator.platform.revoke(scene.state.resources[APP].id, ground.user)
    return scene


def _rotate(ground: Ground) -> Scene:
    return _kept(ground, _declared(), _declared(rotate_secret_when_changed={"on": "monday"}))


def _rotate_renamed(ground: Ground) -> Scene:
    after = _declared(name="Renamed", rotate_secret_when_changed={"on": "monday"})
    return _kept(ground, _declared(), after)


def _adopt(ground: Ground) -> Scene:
    found = ground.registered({"name": "Manual", "allowed_tenants": {ground.user: ""}})
    adopt = {"application_id": found["id"]}
    return Scene(_program(_declared(allowed_tenants={ground.other: ""}, adopt=adopt)))


def _adopt_known(ground: Ground) -> Scene:
    found = ground.registered({"name": "Manual", "allowed_tenants": {ground.user: ""}})
    ground.emulator.platform.install(found["id"], ground.user)
    secret = found["oauth2Client"]["secret"]
    adopt = {"application_id": found["id"], "client_secret": secret}
    return Scene(_program(_declared(adopt=adopt)))


def _install(ground: Ground) -> Scene:
    scene = _installed(ground)
    held = scene.state.resources.pop(INSTALLED)
    ground.emulator.platform.uninstall(held.outputs["application_id"], ground.user)
    return replace(scene, before=_program(scene.program.applications[APP.name]))


def _install_lost(ground: Ground) -> Scene:
    return replace(
        _install(ground), given=(_once("installations.install", kind="html", when="after"),)
    )


def _install_refused(ground: Ground) -> Scene:
    refused = _once("installations.install", kind="status", status=403)
    return replace(_install(ground), given=(refused,))


def _uninstall(ground: Ground) -> Scene:
    scene = _installed(ground)
    return replace(scene, program=_program(scene.program.applications[APP.name]))


def _uninstall_lost(ground: Ground) -> Scene:
    lost = _once("installations.uninstall", kind="status", status=500, when="after")
    return replace(_uninstall(ground), given=(lost,))


def _uninstall_gone(ground: Ground) -> Scene:
    scene = _uninstall(ground)
    ground.emulator.platform.uninstall(scene.state.resources[APP].id, ground.user)
    return scene


def _uninstall_deleted(ground: Ground) -> Scene:
    scene = _installed(ground)
    ground.emulator.platform.delete(scene.state.resources.pop(APP).id)
    return replace(scene, program=Program())


def _delete(ground: Ground) -> Scene:
    return replace(_kept(ground, _declared(), _declared()), program=Program())


def _delete_forced(ground: Ground) -> Scene:
    declared = _declared(allowed_tenants={ground.user: ""}, force_destroy=True)
    scene = _kept(ground, declared, declared)
    ground.emulator.platform.install(scene.state.resources[APP].id, ground.user)
    return replace(scene, program=Program())


def _gone(stage: Stage) -> Stage:
    def staged(ground: Ground) -> Scene:
        scene = stage(ground)
        ground.emulator.platform.delete(scene.state.resources[APP].id)
        return scene

    return staged


LIST, REGISTER = "applications.list", "applications.register"
GET, PATCH, DELETE = "applications.get", "applications.patch", "applications.delete"
SECRET = "applications.new_secret"
ALLOW, REVOKE = "allowed_tenants.allow", "allowed_tenants.revoke"
SEEN, SEEN_ALL = "installations.get", "installations.list"
PAGES, SEEN_PAGES = "applications.pages", "installations.pages"
INSTALL, UNINSTALL = "installations.install", "installations.uninstall"
TOKEN, REFRESH = "identity.client_credentials", "identity.refresh"

PLAIN: Final = (
    Situation("create", "active", (LIST, REGISTER), _create, (0, 1)),
    Situation("read", "there", (GET,), _read, (0,)),
    Situation("update", "all", (PATCH, ALLOW, REVOKE), _update, (0, 1, 2)),
    Situation("rotate", "alone", (SECRET,), _rotate, (0,)),
    Situation("adopt", "secret lost", (GET, PATCH, ALLOW, REVOKE, SECRET), _adopt, (0, 1, 2, 3, 4)),
    Situation("install", "allowed", (INSTALL,), _install, (0,)),
    Situation("uninstall", "there", (UNINSTALL,), _uninstall, (0,)),
    Situation("delete", "there", (GET, DELETE), _delete, (0, 1)),
)
"""Each operation in the usual case."""

ODD: Final = (
    Situation("create", "inactive", (LIST, REGISTER, PATCH), _create_inactive, (2,)),
    Situation("create", "response lost", (LIST, REGISTER, LIST, SECRET), _create_lost, (2, 3)),
    Situation(
        "create", "undone", (LIST, REGISTER, PATCH, DELETE), _create_undone, (3,), undoes=True
    ),
    Situation("read", "several", (GET, SEEN, PAGES, SEEN_PAGES), _read_several, (2, 3)),
    Situation("read", "gone", (GET, LIST), _read_gone, (1,)),
    Situation("read", "installed", (GET, SEEN), _read_installation, (1,)),
    Situation(
        "read", "installed, gone", (GET, LIST, SEEN, SEEN_ALL), _read_installation_gone, (3,)
    ),
    Situation("update", "newly managed", (GET, ALLOW, REVOKE), _update_managed, (0,)),
    Situation("update", "revoked manually", (REVOKE, GET), _update_revoked, (1,)),
    Situation("rotate", "renamed too", (PATCH, SECRET), _rotate_renamed, (0, 1)),
    Situation("adopt", "secret known", (GET, TOKEN, PATCH), _adopt_known, (1,)),
    Situation("install", "refused", (INSTALL, SEEN), _install_refused, (1,)),
    Situation("install", "response lost", (INSTALL, SEEN), _install_lost, (1,)),
    Situation("uninstall", "response lost", (UNINSTALL, SEEN), _uninstall_lost, (1,)),
    Situation("uninstall", "manually", (UNINSTALL, SEEN), _uninstall_gone, (1,)),
    Situation("uninstall", "deleted", (UNINSTALL, SEEN, SEEN_ALL), _uninstall_deleted, (2,)),
    Situation("delete", "gone", (GET, LIST), _gone(_delete), (1,)),
    Situation("delete", "forced", (DELETE,), _delete_forced, (0,)),
    Situation("delete", "forced, gone", (DELETE, LIST), _gone(_delete_forced), (1,)),
)
"""The calls that are only made in unusual cases."""


def _with_fetched_tokens() -> Iterator[Situation]:
    for plain in PLAIN:
        yield replace(
            plain, name="token", calls=(TOKEN, *plain.calls), tried=(0,), source="clientCredentials"
        )
        yield replace(
            plain, name="token", calls=(REFRESH, *plain.calls), tried=(0,), source="refreshToken"
        )


SITUATIONS: Final = (*PLAIN, *ODD, *_with_fetched_tokens())
TARGETS: Final = tuple(
    Target(situation, position) for situation in SITUATIONS for position in situation.tried
)
