"""The main job in front of your eyes: the real engine, against an emulator of the platform.

Run as `make demo`. Everything happens in a temporary folder. At the end, also after Ctrl-C, every
process that was started is gone, and so is the folder.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from olt_provider.api.errors import OltError
from tools.engine import find_engine
from tools.stage import InterruptedDemoError, Signals, Stage
from tools.workspace import ROOT, SetupError

if TYPE_CHECKING:
    from olt_provider.api.client import OltClient

STEPS = 9
# What the user's own environment must not decide, above all which platform is called.
FOREIGN = ("OLT_", "PULUMI_", "PYTHONPATH")
SECRET = "[secret]"  # noqa: S105 - what is shown in place of one


def environment(engine: Path) -> dict[str, str]:
    """The user's environment with the engine on PATH and nothing that points elsewhere."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    path = [str(Path(sys.executable).parent), str(engine), os.environ.get("PATH", os.defpath)]
    return kept | {
        "PATH": os.pathsep.join(path),
        "PULUMI_CONFIG_PASSPHRASE": "a passphrase for the demo",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }


class Demo:
    """One performance."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._steps = 0
        self._ready: dict[str, Any] = {}

    def title(self, text: str) -> None:
        """Announce a step."""
        self._steps += 1
        line = f"[{self._steps}/{STEPS}] {text}"
        bold = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(f"\n\033[1;36m{line}\033[0m" if bold else f"\n{line}", flush=True)

    def play(self) -> None:
        """The main job, step by step."""
        started = time.monotonic()
        self.set_up()
        self.title("The program")
        self._stage.run("cat examples/quickstart/__main__.py")
        self.title("What would happen? A preview, which asks the platform nothing")
        self.pulumi("pulumi preview --diff")
        self.title("Register the application, keep its secret, install it")
        self.pulumi("pulumi up --yes --skip-preview")
        outputs = self.outputs()
        self.title("The application and its installation, as the platform holds them")
        self.look(outputs)
        self.title("The application itself: a token with its secret, and the tenant's devices")
        self.use(outputs)
        self.title("A new name: first previewed ...")
        self.pulumi("pulumi config set name 'Renamed Application'")
        self.pulumi("pulumi preview --diff")
        self.title("... then applied in place: same application, same client, same secret")
        self.pulumi("pulumi up --yes --skip-preview")
        self.compare(outputs)
        self.title("Take everything down")
        self.pulumi("pulumi destroy --yes --skip-preview --remove")
        owned = list(self.client().as_tenant(self.tenant["id"]).applications.list())
        print(f"Applications that the tenant owns now: {len(owned)}")
        print(f"\nThe main job took {time.monotonic() - started:.0f} s.", flush=True)

    @property
    def tenant(self) -> dict[str, str]:
        """The tenant that owns the application and has it installed."""
        tenant: dict[str, str] = self._ready["tenants"][0]
        return tenant

    def set_up(self) -> None:
        """The emulator, and the quickstart as a project of its own with a throw-away state."""
        stage = self._stage
        self.title("An emulator of the platform, and a stack whose state is thrown away")
        ready_file = stage.folder / "ready.json"
        self._ready = stage.serve("olt emulator --ready-file ../ready.json", ready_file)
        print(f"It serves {self._ready['apiUrl']}", flush=True)
        shutil.copytree(ROOT / "examples" / "quickstart", stage.project / "examples" / "quickstart")
        text = (ROOT / "Pulumi.yaml").read_text()
        (stage.project / "Pulumi.yaml").write_text(text.replace(".venv", sys.prefix))
        for folder in ("home", "state"):
            (stage.folder / folder).mkdir()
        stage.environment["PULUMI_HOME"] = str(stage.folder / "home")
        token = stage.folder / "api-token"
        token.touch(0o600)
        token.write_text(self.tenant["apiToken"])
        stage.run(f"pulumi login {(stage.folder / 'state').as_uri()}")
        stage.run("pulumi stack init dev")
        for key in ("apiUrl", "identityUrl"):
            stage.run(f"pulumi config set olt:{key} {self._ready[key]}")
        stage.run(f"pulumi config set olt:tenantId {self.tenant['id']}")
        stage.run("pulumi config set --secret olt:apiToken", stdin=token)

    def pulumi(self, command: str) -> None:
        """Run a command of Pulumi, then print the calls that reached the platform."""
        self.calls()
        self._stage.run(command)
        if "config" not in command:
            made = self.calls() or ["none"]
            print("Calls to the platform: " + "\n                       ".join(made), flush=True)

    def calls(self) -> list[str]:
        """The calls that the emulator was asked since the last time."""
        import requests

        url = self._ready["apiUrl"].removesuffix("/v1") + "/_emulator/calls"
        made = requests.get(url, timeout=10).json()["calls"]
        requests.delete(url, timeout=10).raise_for_status()
        return [f"{call['method']} {call['template']}" for call in made]

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, the secret one included."""
        outputs: dict[str, Any] = self._stage.read("pulumi stack output --json --show-secrets")
        return outputs

    def client(self, token: str = "") -> OltClient:
        """The platform as a token sees it. Default: the tenant's API token."""
        from olt_provider.settings import Settings

        settings = {
            "OLT_API_URL": self._ready["apiUrl"],
            "OLT_IDENTITY_URL": self._ready["identityUrl"],
            "OLT_API_TOKEN": token or self.tenant["apiToken"],
            "OLT_MAX_RETRIES": "0",
        }
        return Settings.load(lambda _: None, settings).client(notify=print)

    def look(self, outputs: Mapping[str, Any]) -> None:
        """Print what the platform holds. A secret is returned once, so none is in it."""
        tenant = self.client().as_tenant(self.tenant["id"])
        for path, response in (
            ("/application-developer/applications", tenant.applications),
            ("/applications", tenant.installations),
        ):
            found = response.get(outputs["application_id"])
            shown = found.model_dump(mode="json", by_alias=True, exclude_none=True)
            print(f"GET {path}/{outputs['application_id']}")
            print(json.dumps(shown, indent=2), flush=True)

    def token(self, outputs: Mapping[str, Any]) -> str:
        """An access token that the application gets for itself."""
        from pydantic import SecretStr

        issued = self.client().identity.client_credentials(
            outputs["client_id"],
            SecretStr(outputs["client_secret"]),
            tenant_id=outputs["tenant_id"],
        )
        print(f"-> a token with scope {issued.scope}, good for {issued.expires_in:.0f} s")
        return issued.access_token.get_secret_value()

    def use(self, outputs: Mapping[str, Any]) -> None:
        """What a background application does, with nothing but the stack's outputs."""
        print("$ pulumi stack output --json --show-secrets   # read, not shown")
        print("POST /id/auth/realms/olt/protocol/openid-connect/token")
        print(f"  tenant: {outputs['tenant_id']}")
        print(f"  grant_type=client_credentials client_id={outputs['client_id']}", end=" ")
        print(f"client_secret={SECRET}")
        token = self.token(outputs)
        print("GET /devices")
        print(f"  Authorization: Bearer {SECRET}")
        for device in self.client(token).as_tenant(outputs["tenant_id"]).devices.list():
            print(f"-> {device.id}  {device.info.name}", flush=True)

    def compare(self, outputs: Mapping[str, Any]) -> None:
        """Nothing but the name has changed, and the secret from before still works."""
        tenant = self.client().as_tenant(self.tenant["id"])
        application = tenant.applications.get(outputs["application_id"])
        print(f"On the platform, {application.id} is named {application.name!r}")
        if application.name != "Renamed Application" or self.outputs() != outputs:
            raise SetupError("the rename did not do what it should")
        print("All outputs of the stack are as before. With the secret from before:")
        self.token(outputs)


def perform(signals: Signals) -> None:
    """Find the engine, then play on a stage that is cleared whatever happens."""
    engine = find_engine()
    with Stage(signals, environment(engine)) as stage:
        Demo(stage).play()


def main() -> int:
    """Run the demo; 1 if a step failed, 128 + number after a signal."""
    signals = Signals()
    signals.watch()
    try:
        perform(signals)
        print("Nothing is left running, and nothing is left behind.", flush=True)
    except InterruptedDemoError as interrupt:
        print(f"\n[demo] {interrupt}: stopped; nothing is left running or behind", file=sys.stderr)
        return 128 + interrupt.number
    except BrokenPipeError:  # such as `make demo | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (SetupError, OltError, OSError) as error:
        print(f"[demo] failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
