"""Random programs with random changes, for the steps of the comparison."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from olt_provider.emulator import Emulator

A, B, C = TENANTS = tuple(f"{letter}0000000-0000-4000-8000-00000000000{letter}" for letter in "abc")
NAMES: Final = {A: "Ours", B: "Customer B", C: "Customer C"}
HEADER: Final = f"""
import pulumi
from olt_provider import *
a, b, c = {A!r}, {B!r}, {C!r}
secret = pulumi.Output.secret
"""
FORMS: Final = ("mapping", "list", "args", "output", "secret", "unknown")


@dataclass(frozen=True)
class App:
    """An application as a program declares it; ``kind``: managed, component or get."""

    name: str
    number: int
    kind: str = "managed"
    tenant: str | None = None
    allowed: Mapping[str, str] | None = None
    form: str = "mapping"
    status: str | None = None
    hidden_status: bool = False
    public: bool = False
    redirects: frozenset[int] = frozenset()
    trigger: int | None = None
    hidden_trigger: bool = False
    forced: bool = False
    guarded: bool = True
    retain: bool = False
    first: bool = False
    provider: bool = False
    url: int | None = None
    replaces: bool = False
    adopt: str | None = None
    secret: str | None = None
    label: str | None = None
    alias: str | None = None

    @property
    def variable(self) -> str:
        return f"v{self.number}"

    def source(self, helper: str) -> str:
        """Return the program's source. ``helper``: a variable whose client ID is not known yet."""
        if self.kind == "get":
            owner = f", tenant_id={self.tenant!r}" if self.tenant else ""
            return f"{self.variable} = OltApplication.get({self.name!r}, {self.adopt!r}{owner})"
        given = [f"name={self.label or self.name!r}"]
        if self.tenant is not None:
            given.append(f"tenant_id={self.tenant!r}")
        if self.kind == "component":
            given.append(f"tenants={dict(self.allowed or {})!r}")
        elif self.allowed is not None:
            given.append(f"allowed_tenants={self._tenants(helper)}")
        given += self._properties(helper)
        if self.adopt is not None:
            known = f", {self.secret!r}" if self.secret else ""
            given.append(f"adopt=AdoptArgs({self.adopt!r}{known})")
        given += [f"opts=pulumi.ResourceOptions({', '.join(self._options())})"] * bool(
            self._options()
        )
        kind = "OltBackgroundApplication" if self.kind == "component" else "OltApplication"
        return f"{self.variable} = {kind}({self.name!r}, {', '.join(given)})"

    def _properties(self, helper: str) -> list[str]:
        given = []
        if self.status is not None:
            text = f"secret({self.status!r})" if self.hidden_status else repr(self.status)
            given.append(f"status={text}")
        if self.public:
            given.append("with_public_oauth2_client=True")
        if self.redirects:
            given.append(
                f"redirect_uris={[f'https://{n}.example' for n in sorted(self.redirects)]}"
            )
        if self.trigger is not None:
            value = f"{helper}.client_id" if self.hidden_trigger else repr(self.trigger)
            given.append(f'rotate_secret_when_changed={{"k": {value}}}')
        if self.forced:
            given.append("force_destroy=True")
        if not self.guarded:
            given.append("prevent_duplicate_name=False")
        if self.url is not None:
            given.append(f'url="https://{self.url}.example"')
        return given

    def _tenants(self, helper: str) -> str:
        allowed = dict(self.allowed or {})
        listed = [f"AllowedTenantArgs({each!r}, {comment!r})" for each, comment in allowed.items()]
        return {
            "mapping": repr(allowed),
            "list": repr(list(allowed)),
            "args": f"[{', '.join(listed)}]",
            "output": f"pulumi.Output.from_input({allowed!r})",
            "secret": f"secret({allowed!r})",
            "unknown": f"{helper}.client_id.apply(lambda _: {list(allowed)!r})",
        }[self.form]

    def _options(self) -> list[str]:
        if self.kind != "managed":
            return []
        return [
            text
            for text, holds in (
                ("retain_on_delete=True", self.retain),
                ("delete_before_replace=True", self.first),
                ("provider=other", self.provider),
                ('replace_on_changes=["url"]', self.replaces),
                (f"aliases=[pulumi.Alias(name={self.alias!r})]", self.alias is not None),
            )
            if holds
        ]


@dataclass(frozen=True)
class Install:
    """An installation; ``form``: of a variable, a literal ID, or of several resources."""

    name: str
    app: str
    tenant: str
    form: str = "id"
    retain: bool = False
    get: bool = False

    def source(self, apps: Mapping[str, App], ids: Mapping[str, str], helper: str) -> str:
        app = apps.get(self.app)
        literal = repr(ids.get(self.app, self.app))
        if self.get:
            return f'OltInstallation.get({self.name!r}, f"{self.tenant}/" + {literal})'
        if app is None or (self.form == "literal" and self.app in ids):
            value = literal
        else:
            value = (
                f"{app.variable}.application_id"
                if app.kind == "component"
                else f"{app.variable}.id"
            )
            if self.form == "several":
                value = f"pulumi.Output.all({value}, {helper}.id).apply(lambda each: each[0])"
        options = ", opts=pulumi.ResourceOptions(retain_on_delete=True)" if self.retain else ""
        given = f"application_id={value}, tenant_id={self.tenant!r}"
        return f"OltInstallation({self.name!r}, {given}{options})"


@dataclass
class Programs:
    """The program of a stack, and the random changes that are made to it and to the platform."""

    random: random.Random
    emulator: Emulator
    apps: dict[str, App] = field(default_factory=dict)
    installs: dict[str, Install] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """The applications of the state by resource name, after the last run."""
    unmanaged: dict[str, str] = field(default_factory=dict)
    """Secrets of the applications that no resource holds."""
    number: int = 0
    extra: list[str] = field(default_factory=list)
    """Arguments of the preview and the run: targets, replacements, a refresh."""
    helper: bool = False
    changed: bool = False
    changed_outside: set[str] = field(default_factory=set)
    """The applications with manual changes that no refresh has put into the state."""

    def start(self) -> None:
        """Declare some applications and installations of each kind."""
        for _ in range(5):
            self._new()
        for _ in range(3):
            self._register()
        self._set(self._pick("managed"), status="inactive")
        for _ in range(4):
            self._install()
        self._drop_refused_installations()

    def source(self) -> str:
        """Return the source of the present program."""
        helper = f"h{self.number if self.helper else 0}"
        lines = [
            HEADER,
            "hosts = {'api_url': API_URL, 'identity_url': IDENTITY_URL}",
            "other = Provider('other', **hosts, tenant_tokens=TOKENS)",
        ]
        lines.append(f"{helper} = OltApplication({helper!r}, tenant_id=c)")
        lines += [each.source(helper) for each in self.apps.values()]
        lines += [each.source(self.apps, self.ids, helper) for each in self.installs.values()]
        return "\n".join(lines)

    def change(self, count: int) -> list[str]:
        """Change several resources; returns the names of the changes."""
        self.extra = []
        done: list[str] = []
        self.helper = self.random.random() < 0.5
        self.apps = {name: self._settled(each) for name, each in self.apps.items()}
        always = [] if self.changed else [Programs._adopt_renamed, Programs._rotate_known]
        if self._inactive() and (not self.changed or self.random.random() < 0.6):
            always.append(Programs._activate)
        self.changed = True
        while len(done) < count:
            change = always.pop() if always else self.random.choice(CHANGES)
            if change(self):
                done.append(change.__name__.strip("_"))
        self._drop_refused_installations()
        return done

    def _drop_refused_installations(self) -> None:
        """Remove most of the installations that would fail, because they end a run early."""
        for name, each in list(self.installs.items()):
            if not self._can_install(each) and self.random.random() < 0.92:
                del self.installs[name]

    def _can_install(self, each: Install) -> bool:
        app = self.apps.get(each.app)
        key = (app.adopt if app else None) or self.ids.get(each.app)
        held = self.emulator.platform.application(key) if key else None
        there = {item["tenantId"] for item in held["allowedTenants"]} if held else set()
        if app is None:
            return held is not None and each.tenant in there
        allowed = there if app.allowed is None else set(app.allowed)
        return each.tenant in allowed and app.status is None

    def _settled(self, app: App) -> App:
        """As it is after a run: what was hidden stays so only if it is secret, not unknown."""
        unknown = app.form == "unknown"
        adopted = app.adopt if app.kind == "get" else None
        return replace(
            app, form="mapping" if unknown else app.form, adopt=adopted, secret=None, alias=None
        )

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _some(self) -> dict[str, str]:
        tenants = self.random.sample(TENANTS, self.random.randint(0, 3))
        return {each: NAMES[each] for each in sorted(tenants)}

    def _pick(self, *kinds: str) -> App | None:
        found = [each for each in self.apps.values() if each.kind in (kinds or ("managed",))]
        return self.random.choice(found) if found else None

    def _set(self, app: App | None, **changes: Any) -> bool:
        if app is None:
            return False
        self.apps[app.name] = replace(app, **changes)
        return True

    def _managed_tenants(self) -> App | None:
        found = [a for a in self.apps.values() if a.allowed and a.kind == "managed"]
        return self.random.choice(found) if found else None

    # Each change returns whether it was possible

    def _new(self) -> bool:
        number = self._next()
        name = f"app{number}"
        kind = "component" if self.random.random() < 0.25 else "managed"
        self.apps[name] = App(
            name,
            number,
            kind=kind,
            allowed=self._some() if kind == "component" or self.random.random() < 0.85 else None,
            form=self.random.choice(FORMS),
            public=self.random.random() < 0.4,
            redirects=frozenset(self.random.sample(range(4), self.random.randint(0, 2))),
            trigger=self.random.choice([None, 1]),
            forced=self.random.random() < 0.6,
            guarded=self.random.random() < 0.7,
            retain=kind == "managed" and self.random.random() < 0.15,
            first=self.random.random() < 0.4,
            provider=kind == "managed" and self.random.random() < 0.15,
            url=1,
            replaces=kind == "managed" and self.random.random() < 0.3,
        )
        return True

    def _register(self) -> bool:
        """Register an application manually."""
        made = self.emulator.platform.register(
            A,
            name=f"outside{self._next()}",
            allowed_tenants=self._some(),
            with_public_oauth2_client=self.random.random() < 0.5,
            redirect_uris=["https://1.example"] if self.random.random() < 0.5 else [],
        )
        if made["allowedTenants"] and self.random.random() < 0.6:
            self.emulator.platform.install(made["id"], made["allowedTenants"][0]["tenantId"])
        self.unmanaged[made["id"]] = made["oauth2Client"]["secret"]
        return True

    def _adopt(self) -> bool:
        if not self.unmanaged:
            return False
        key = self.random.choice(list(self.unmanaged))
        secret = self.unmanaged.pop(key)
        self._new()
        name = next(reversed(self.apps))
        known = secret if self.random.random() < 0.4 else None
        return self._set(self.apps[name], adopt=key, secret=known, provider=False)

    def _get(self) -> bool:
        if not self.unmanaged:
            return False
        number = self._next()
        key = self.random.choice(list(self.unmanaged))
        self.apps[f"get{number}"] = App(f"get{number}", number, kind="get", adopt=key)
        return True

    def _manage_what_was_read(self) -> bool:
        app = self._pick("get")
        if app is None or app.adopt not in self.unmanaged:
            return False
        others = [e for e in self.apps.values() if e is not app and e.adopt == app.adopt]
        if others:
            return False
        adopts = self.random.random() < 0.6
        key = app.adopt
        if adopts:
            self.unmanaged.pop(key)
        return self._set(app, kind="managed", adopt=key if adopts else None, allowed=self._some())

    def _read_what_was_managed(self) -> bool:
        app = self._pick()
        if app is None or app.name not in self.ids or app.provider:
            return False
        key = self.ids[app.name]
        held = self.emulator.platform.application(key)
        # read as another tenant it fails the preview, which compares nothing
        owner = held["tenantId"] if held is not None and app.tenant is not None else None
        return self._set(App(app.name, app.number, "get", owner, adopt=key))

    def _remove(self) -> bool:
        app = self._pick("managed", "component", "get")
        if app is None or len(self.apps) < 5:
            return False
        del self.apps[app.name]
        if self.random.random() < 0.8:
            self.installs = {k: i for k, i in self.installs.items() if i.app != app.name}
        else:
            stay = {
                k: i for k, i in self.installs.items() if i.app != app.name or app.name in self.ids
            }
            self.installs = stay
        return True

    def _adopt_renamed(self) -> bool:
        return self._rename_without_alias(adopts=True)

    def _rename_without_alias(self, *, adopts: bool = False) -> bool:
        app = self._pick()
        if app is None or app.name not in self.ids or app.provider:
            return False
        number = self._next()
        del self.apps[app.name]
        moved = replace(app, name=f"app{number}", number=number, label=app.label or app.name)
        if adopts or self.random.random() < 0.75:
            moved = replace(moved, adopt=self.ids[app.name])
        self.apps[moved.name] = moved
        for key, each in list(self.installs.items()):
            if each.app == app.name:
                self.installs[key] = replace(each, app=moved.name)
        return True

    def _rename_with_alias(self) -> bool:
        app = self._pick()
        if app is None or app.name not in self.ids:
            return False
        number = self._next()
        del self.apps[app.name]
        moved = replace(
            app, name=f"app{number}", number=number, alias=app.name, label=app.label or app.name
        )
        self.apps[moved.name] = moved
        for key, each in list(self.installs.items()):
            if each.app == app.name:
                self.installs[key] = replace(each, app=moved.name)
        return True

    def _revoke(self) -> bool:
        app = self._managed_tenants()
        if app is None:
            return False
        gone = self.random.choice(sorted(app.allowed or {}))
        if self.random.random() < 0.7:
            self.installs = {
                k: i for k, i in self.installs.items() if (i.app, i.tenant) != (app.name, gone)
            }
        return self._set(app, allowed={t: n for t, n in (app.allowed or {}).items() if t != gone})

    def _allow(self) -> bool:
        app = self._pick("managed", "component")
        if app is None or (app.allowed is None and self.random.random() < 0.3):
            return False
        return self._set(app, allowed={**(app.allowed or {}), **self._some()})

    def _comment(self) -> bool:
        app = self._managed_tenants()
        return app is not None and self._set(
            app, allowed={each: f"note {self._next()}" for each in app.allowed or {}}
        )

    def _form(self) -> bool:
        return self._set(self._pick(), form=self.random.choice(FORMS))

    def _unmanage(self) -> bool:
        return self._set(self._managed_tenants(), allowed=None)

    def _status(self) -> bool:
        app = self._pick("managed")
        status = None if app is not None and app.status else "inactive"
        return self._set(app, status=status, hidden_status=self.random.random() < 0.25)

    def _inactive(self) -> list[App]:
        return [each for each in self.apps.values() if each.status and each.kind == "managed"]

    def _activate(self) -> bool:
        return self._set(self.random.choice(self._inactive()), status=None, hidden_status=False)

    def _public(self) -> bool:
        app = self._pick("managed", "component")
        return app is not None and self._set(app, public=not app.public)

    def _redirects(self) -> bool:
        some = frozenset(self.random.sample(range(4), self.random.randint(0, 2)))
        return self._set(self._pick("managed", "component"), redirects=some)

    def _rotate_known(self) -> bool:
        settled = [each for each in self.apps.values() if each.adopt is None and each.kind != "get"]
        return bool(settled) and self._set(
            self.random.choice(settled), trigger=self._next(), hidden_trigger=False
        )

    def _rotate(self) -> bool:
        app = self._pick("managed", "component")
        return app is not None and self._set(
            app, trigger=self._next(), hidden_trigger=self.random.random() < 0.25
        )

    def _url(self) -> bool:
        return self._set(self._pick("managed", "component"), url=self._next())

    def _owner(self) -> bool:
        app = self._pick("managed")
        return app is not None and self._set(app, tenant=B if app.tenant in (None, A) else A)

    def _options(self) -> bool:
        return self._set(
            self._pick("managed"),
            retain=self.random.random() < 0.3,
            forced=self.random.random() < 0.7,
            first=self.random.random() < 0.5,
        )

    def _name(self) -> bool:
        return self._set(self._pick("managed"), label=f"name {self._next()}")

    def _install(self) -> bool:
        app = self._pick("managed", "get")
        if app is None:
            return False
        name = f"in{self._next()}"
        likely = sorted(app.allowed or {}) if self.random.random() < 0.9 else []
        tenant = self.random.choice(likely or TENANTS)
        if (
            not likely
            and app.kind == "managed"
            and app.allowed is not None
            and self.random.random() < 0.8
        ):
            return False
        form = self.random.choice(["id", "id", "literal", "several"])
        self.installs[name] = Install(
            name, app.name, tenant, form, retain=self.random.random() < 0.1
        )
        return True

    def _uninstall(self) -> bool:
        return bool(self.installs) and bool(
            self.installs.pop(self.random.choice(sorted(self.installs)))
        )

    def _rename_installation(self) -> bool:
        if not self.installs:
            return False
        old = self.installs.pop(self.random.choice(sorted(self.installs)))
        name = f"in{self._next()}"
        self.installs[name] = replace(old, name=name)
        return True

    def _swap_installations(self) -> bool:
        if len(self.installs) < 2:
            return False
        one, two = self.random.sample(sorted(self.installs), 2)
        first, second = self.installs[one], self.installs[two]
        self.installs[one] = replace(second, name=one, retain=first.retain)
        self.installs[two] = replace(first, name=two, retain=second.retain)
        return True

    def _form_of_installation(self) -> bool:
        if not self.installs:
            return False
        name = self.random.choice(sorted(self.installs))
        form = self.random.choice(["id", "literal", "several"])
        self.installs[name] = replace(self.installs[name], form=form)
        return True

    def _manual_change(self) -> bool:
        """Make a manual change on the platform, to an application of the state."""
        if not self.ids:
            return False
        key = self.ids[self.random.choice(sorted(self.ids))]
        held = self.emulator.platform.application(key)
        if held is None:
            return False
        self.changed_outside.add(key)
        tenant = self.random.choice(TENANTS)
        allowed = {each["tenantId"] for each in held["allowedTenants"]}
        if self.random.random() < 0.3:
            self.emulator.platform.patch(key, status="inactive")
        elif tenant in allowed and self.random.random() < 0.4:
            self.emulator.platform.revoke(key, tenant)
        elif tenant in allowed:
            self.emulator.platform.install(key, tenant)
        else:
            self.emulator.platform.allow(key, tenant, "manual")
        if self.random.random() < 0.6 and not self.extra:
            self.extra = ["--refresh", "--run-program"]
        return True

    def _replace(self) -> bool:
        app = self._pick("managed")
        if app is None or app.name not in self.ids or self.extra:
            return False
        urn = "urn:pulumi:dev::test::pulumi-python:dynamic/olt:OltApplication::"
        self.extra = ["--replace", urn + app.name]
        return True

    def _target(self) -> bool:
        app = self._pick("managed")
        if app is None or app.name not in self.ids or self.extra or self.random.random() < 0.6:
            return False
        urn = "urn:pulumi:dev::test::pulumi-python:dynamic/olt:OltApplication::"
        self.extra = ["--target", urn + app.name, "--target-dependents"]
        return True


P = Programs
CHANGES: Final[tuple[Callable[[Programs], bool], ...]] = (
    *(P._new, P._adopt, P._register, P._get, P._manage_what_was_read, P._read_what_was_managed),
    *(
        P._remove,
        P._remove,
        P._rename_without_alias,
        P._rename_without_alias,
        P._rename_with_alias,
        P._revoke,
        P._revoke,
        P._allow,
    ),
    *(P._allow, P._comment, P._form, P._unmanage, P._status, P._status, P._public, P._redirects),
    *(
        P._rotate,
        P._rotate,
        P._rotate,
        P._public,
        P._redirects,
        P._url,
        P._owner,
        P._options,
        P._name,
        P._install,
        P._install,
    ),
    *(P._install, P._uninstall, P._rename_installation, P._swap_installations),
    *(P._form_of_installation, P._manual_change, P._replace, P._target),
)
"""Each as often as it should come."""
