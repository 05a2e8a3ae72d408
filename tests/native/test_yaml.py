"""Programs in YAML: every resource, function and component, without an SDK."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from olt_provider._version import __version__
from olt_provider.emulator import Emulator
from olt_provider.native import schema
from tests.emulated import changes_in, new_tenant
from tests.engine.harness import Engine
from tests.engine.olt import reaching, reaching_as, steps_of
from tests.native.stacks import YamlStack, new_yaml_stack

PROGRAM = """
resources:
  app:
    type: olt:Application
    properties:
      name: {name}
      allowedTenants: {{{owner}: the owner}}
      redirectUris: ["https://b.example", "https://a.example"]
      rotateSecretWhenChanged: {{some_key: {trigger}}}
  installation:
    type: olt:Installation
    properties:
      applicationId: ${{app.id}}
variables:
  found:
    fn::invoke:
      function: olt:findApplications
      arguments: {{name: nothing-of-this-name}}
outputs:
  clientId: ${{app.clientId}}
  clientSecret: ${{app.clientSecret}}
  found: ${{found.applications}}
"""

COMPONENT = """
resources:
  readers:
    type: olt:BackgroundApplication
    properties:
      name: Readers
      tenants: {{{tenants}}}
outputs:
  applicationId: ${{readers.applicationId}}
  clientSecret: ${{readers.clientSecret}}
  installedAt: ${{readers.installedAt}}
"""


@pytest.fixture
def yaml_stack(engine: Engine, tmp_path: Path) -> YamlStack:
    return new_yaml_stack(engine, tmp_path, "resources: {}\n")


def test_yaml_program_from_registration_to_deletion(
    emulator: Emulator, yaml_stack: YamlStack, owner: str
) -> None:
    stack = yaml_stack
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.program(PROGRAM.format(owner=owner, name="Sample", trigger="a"))
    stack.preview()
    assert changes_in(emulator) == []
    stack.up()
    outputs = stack.outputs()
    assert emulator.platform.secret_is_valid(outputs["clientId"], outputs["clientSecret"])
    assert outputs["found"] == []
    application = stack.resource("app")
    (installation,) = emulator.platform.installations(application["id"])
    assert installation["tenantId"] == owner
    assert application["outputs"]["rotateSecretWhenChanged"] == {"some_key": "a"}
    assert stack.preview_json()["changeSummary"] == {"same": 3}

    stack.program(PROGRAM.format(owner=owner, name="Renamed", trigger="b"))
    assert steps_of(stack.preview_json()) == {"app": "update"}
    stack.up()
    rotated = stack.outputs()
    assert rotated["clientSecret"] != outputs["clientSecret"]
    assert emulator.platform.secret_is_valid(rotated["clientId"], rotated["clientSecret"])
    stack.destroy()
    assert emulator.platform.applications(owner) == []


def test_misspelled_property_is_refused(
    emulator: Emulator, yaml_stack: YamlStack, owner: str
) -> None:
    yaml_stack.env.update(reaching(emulator, emulator.token(owner)))
    yaml_stack.program(
        "resources:\n  app:\n    type: olt:Application\n    properties: {allowedTenant: {}}\n"
    )
    shown = yaml_stack.preview(expect_failure=True).output
    assert "allowedTenant" in shown
    assert "allowedTenants" in shown


def test_component_registers_and_installs_in_each_tenant(
    emulator: Emulator, yaml_stack: YamlStack, owner: str
) -> None:
    one, two = sorted(new_tenant(emulator) for _ in range(2))
    stack = yaml_stack
    stack.env.update(reaching_as(emulator, owner, one, two) | {"OLT_TENANT_ID": owner})
    stack.program(COMPONENT.format(tenants=f'{one}: "one", {two}: "two"'))
    stack.up()
    outputs = stack.outputs()
    assert sorted(outputs["installedAt"]) == [one, two]
    held = emulator.platform.installations(outputs["applicationId"])
    assert sorted(each["tenantId"] for each in held) == [one, two]
    types = [each["type"] for each in stack.resources() if each["type"].startswith("olt:")]
    assert sorted(types) == [
        "olt:index:Application",
        "olt:index:BackgroundApplication",
        "olt:index:Installation",
        "olt:index:Installation",
    ]
    assert set(stack.resource("readers-" + one)["inputs"]) == {"applicationId", "tenantId"}
    assert stack.preview_json()["changeSummary"] == {"same": 5}

    stack.program(COMPONENT.format(tenants=f'{one}: "one"'))
    stack.up()
    held = emulator.platform.installations(outputs["applicationId"])
    assert [each["tenantId"] for each in held] == [one]
    stack.destroy()
    assert emulator.platform.applications(owner) == []


def test_component_whose_child_fails_reports_that_child_only(
    emulator: Emulator, yaml_stack: YamlStack, owner: str
) -> None:
    """The engine waits for a plugin that still constructs, and reports the next one as crashed."""
    unknown = new_tenant(emulator)
    stack = yaml_stack
    stack.env.update(reaching_as(emulator, owner) | {"OLT_TENANT_ID": owner})
    stack.program(COMPONENT.format(tenants=f"{unknown}: x"))
    output = stack.preview(expect_failure=True).output
    assert f"OLT_TENANT_TOKENS has no token of tenant {unknown}" in output
    assert "exited prematurely" not in output
    assert "Traceback" not in output


def test_schema_is_what_the_cli_reads(yaml_stack: YamlStack) -> None:
    program = str(yaml_stack.engine.python / "pulumi-resource-olt")
    result = yaml_stack.engine.call(
        yaml_stack.folder, yaml_stack.backend, ["package", "get-schema", program]
    )
    assert result.returncode == 0, result.output
    assert '"olt:index:BackgroundApplication"' in result.stdout


def test_declaration_of_the_package_is_generated_from_the_schema_of_a_release(
    yaml_stack: YamlStack,
) -> None:
    """What `pulumi package add` writes for a program in YAML, whose host cannot link it yet."""
    kept = yaml_stack.folder / "schema.json"
    kept.write_text(schema.stored("https://github.com/a-team/olt"), "utf-8")
    result = yaml_stack.engine.call(
        yaml_stack.folder,
        yaml_stack.backend,
        ["package", "gen-sdk", str(kept), "--language", "yaml", "--out", "sdks"],
        env=yaml_stack.env,
    )
    assert result.returncode == 0, result.output
    (written,) = (yaml_stack.folder / "sdks").rglob(f"olt-{__version__}.yaml")
    declared = yaml.safe_load(written.read_text("utf-8"))
    assert (declared["name"], declared["version"]) == ("olt", __version__)
    assert declared["downloadUrl"] == "github://api.github.com/a-team/olt"
