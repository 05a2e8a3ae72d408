"""No secret in plain text in the state, in a preview or in an output."""

from __future__ import annotations

from olt_provider.emulator import Emulator
from tests.engine.olt import reaching
from tests.native.conftest import MakeStack
from tests.native.stacks import native

PROGRAM = native(
    """
import pulumi
from olt_provider import AdoptArgs, OltApplication

hidden = pulumi.Output.secret("{hidden}")
app = OltApplication(
    "app",
    name="{name}",
    teaser_description=hidden,
    allowed_tenants={{"{owner}": hidden}},
    redirect_uris=["https://a.example", pulumi.Output.secret("https://{hidden}.example")],
    rotate_secret_when_changed={{"key": {{"nested": hidden}}}},
)
adopted = OltApplication("adopted", adopt=AdoptArgs("{adopted}", "{secret}"), name="Existing")
pulumi.export("client_secret", app.client_secret)
pulumi.export("description", app.teaser_description)
"""
)
HIDDEN = "a-hidden-value"


def test_secrets_at_any_depth_stay_encrypted(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    existing = emulator.platform.register(owner, name="Existing")
    given = {
        "owner": owner,
        "adopted": existing["id"],
        "secret": existing["oauth2Client"]["secret"],
        "hidden": HIDDEN,
    }
    stack = new_stack(PROGRAM.format(name="Sample", **given))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    shown = stack.up("--diff", preview=True).output
    stack.program(PROGRAM.format(name="Renamed", **given))
    shown += stack.preview("--diff").output + stack.up().output + stack.refresh("--diff").output
    outputs = stack.outputs()
    shown += stack.run("stack", "output", "--json").stdout
    state = stack.state_file.read_text()
    for secret in (HIDDEN, outputs["client_secret"], existing["oauth2Client"]["secret"]):
        assert secret not in shown
        assert secret not in state
    assert outputs["description"] == HIDDEN
    held = stack.resource("app")["outputs"]
    assert set(held["allowedTenants"][owner]) >= {"ciphertext"}
    assert set(held["rotateSecretWhenChanged"]["key"]["nested"]) >= {"ciphertext"}
    assert "adopt" not in stack.resource("adopted")["outputs"]
