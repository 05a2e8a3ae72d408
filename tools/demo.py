"""The demo of the main job: the real engine, against an emulator of the platform.

Run as `make demo`. It works in a temporary folder. At the end, also after Ctrl-C, all its processes
have ended and the folder is removed.
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
from tools.sandbox import InterruptedDemoError, Sandbox, Signals
from tools.workspace import ROOT, SetupError

if TYPE_CHECKING:
    from olt_provider.api.client import OltClient

STEPS = 9
# Variables of the user's environment that must not affect the demo, such as the platform's URL.
FOREIGN = ("OLT_", "PULUMI_", "PYTHONPATH")
SECRET = "[secret]"  # noqa: S105 - what is shown in place of one


def environment(engine: Path) -> dict[str, str]:
    """Return the user's environment with the engine on PATH and without these variables."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    path = [str(Path(sys.executable).parent), str(engine), os.environ.get("PATH", os.defpath)]
    return kept | {
        "PATH": os.pathsep.join(path),
        "PULUMI_CONFIG_PASSPHRASE": "a passphrase for the demo",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }


class Demo:
    """One run of the demo."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._steps = 0
        self._ready: dict[str, Any] = {}

    def title(self, text: str) -> None:
        """Print the title of a step."""
        self._steps += 1
        line = f"[{self._steps}/{STEPS}] {text}"
        bold = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(f"\n\033[1;36m{line}\033[0m" if bold else f"\n{line}", flush=True)

    def run(self) -> None:
        """Run all steps of the main job."""
        started = time.monotonic()
        self.set_up()
        self.title("The program")
        self._sandbox.run("cat examples/quickstart/__main__.py")
        self.title("What would happen? A preview, which makes no API calls")
        self.pulumi("pulumi preview --diff")
        self.title("Register the application, keep its secret, install it")
        self.pulumi("pulumi up --yes --skip-preview")
        outputs = self.outputs()
        self.title("The application and its installation on the platform")
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
        """The tenant that owns the application and in which it is installed."""
        tenant: dict[str, str] = self._ready["tenants"][0]
        return tenant

    def set_up(self) -> None:
        """Start the emulator, and copy the quickstart into a project with a temporary state."""
        sandbox = self._sandbox
        self.title("An emulator of the platform, and a stack with a temporary state")
        ready_file = sandbox.folder / "ready.json"
        self._ready = sandbox.serve("olt emulator --ready-file ../ready.json", ready_file)
        print(f"It serves {self._ready['apiUrl']}", flush=True)
        shutil.copytree(
            ROOT / "examples" / "quickstart", sandbox.project / "examples" / "quickstart"
        )
        text = (ROOT / "Pulumi.yaml").read_text()
        (sandbox.project / "Pulumi.yaml").write_text(text.replace(".venv", sys.prefix))
        for folder in ("home", "state"):
            (sandbox.folder / folder).mkdir()
        sandbox.environment["PULUMI_HOME"] = str(sandbox.folder / "home")
        token = sandbox.folder / "api-token"
        token.touch(0o600)
        token.write_text(self.tenant["apiToken"])
        sandbox.run(f"pulumi login {(sandbox.folder / 'state').as_uri()}")
        sandbox.run("pulumi stack init dev")
        for key in ("apiUrl", "identityUrl"):
            sandbox.run(f"pulumi config set olt:{key} {self._ready[key]}")
        sandbox.run(f"pulumi config set olt:tenantId {self.tenant['id']}")
        sandbox.run("pulumi config set --secret olt:apiToken", stdin=token)

    def pulumi(self, command: str) -> None:
        """Run a Pulumi command, then print the calls that reached the platform."""
        self.calls()
        self._sandbox.run(command)
        if "config" not in command:
            made = self.calls() or ["none"]
            print("Calls to the platform: " + "\n                       ".join(made), flush=True)

    def calls(self) -> list[str]:
        """Return the emulator's calls since the last time."""
        import requests

        url = self._ready["apiUrl"].removesuffix("/v1") + "/_emulator/calls"
        made = requests.get(url, timeout=10).json()["calls"]
        requests.delete(url, timeout=10).raise_for_status()
        return [f"{call['method']} {call['template']}" for call in made]

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, including the secret."""
        outputs: dict[str, Any] = self._sandbox.read("pulumi stack output --json --show-secrets")
        return outputs

    def client(self, token: str = "") -> OltClient:
        """Return a client with a token. Default: the tenant's API token."""
        from olt_provider.settings import Settings

        settings = {
            "OLT_API_URL": self._ready["apiUrl"],
            "OLT_IDENTITY_URL": self._ready["identityUrl"],
            "OLT_API_TOKEN": token or self.tenant["apiToken"],
            "OLT_MAX_RETRIES": "0",
        }
        return Settings.load(lambda _: None, settings).client(notify=print)

    def look(self, outputs: Mapping[str, Any]) -> None:
        """Print the platform's data. They contain no secret, because it is returned only once."""
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
        """Fetch an access token as the application."""
        from pydantic import SecretStr

        issued = self.client().identity.client_credentials(
            outputs["client_id"],
            SecretStr(outputs["client_secret"]),
            tenant_id=outputs["tenant_id"],
        )
        print(f"-> a token with scope {issued.scope}, good for {issued.expires_in:.0f} s")
        return issued.access_token.get_secret_value()

    def use(self, outputs: Mapping[str, Any]) -> None:
        """Read the devices as a background application, with the stack's outputs only."""
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
        """Check that only the name has changed, and that the secret still works."""
        tenant = self.client().as_tenant(self.tenant["id"])
        application = tenant.applications.get(outputs["application_id"])
        print(f"On the platform, {application.id} is named {application.name!r}")
        if application.name != "Renamed Application" or self.outputs() != outputs:
            raise SetupError("the rename did not do what it should")
        print("All outputs of the stack are as before. With the secret from before:")
        self.token(outputs)


def run_demo(signals: Signals) -> None:
    """Find the engine, then run the demo in a sandbox that is always removed."""
    engine = find_engine()
    with Sandbox(signals, environment(engine)) as sandbox:
        Demo(sandbox).run()


def main() -> int:
    """Run the demo; 1 if a step failed, 128 + number after a signal."""
    signals = Signals()
    signals.watch()
    try:
        run_demo(signals)
        print("All processes have ended, and all files are removed.", flush=True)
    except InterruptedDemoError as interrupt:
        print(
            f"\n[demo] {interrupt}: stopped; all processes have ended, and all files are removed",
            file=sys.stderr,
        )
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
