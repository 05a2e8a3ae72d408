"""The example's policy pack: as a process over the engine's protocol, and on the engine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from olt_provider.emulator import Emulator
from olt_provider.policy import NAMES
from olt_provider.policy.pack import DEFINITIONS
from tests.emulated import emulator, new_tenant, owner, shared_emulator
from tests.engine.harness import Engine
from tests.engine.olt import application, reaching_as
from tools.workspace import ROOT

__all__ = ["emulator", "owner", "shared_emulator"]

PACK: Final = ROOT / "examples" / "policy"
TENANT: Final = "a0000000-0000-4000-8000-00000000000a"
DYNAMIC: Final = "pulumi-python:dynamic/olt:OltApplication"
NATIVE: Final = "olt:index:Application"
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a text that is not known in a preview."""
LEVELS: Final = {
    "advisory": analyzer_pb2.ADVISORY,
    "mandatory": analyzer_pb2.MANDATORY,
    "disabled": analyzer_pb2.DISABLED,
}


class Analyzer:
    """The pack of the example, as the engine starts it."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def configure(self, config: dict[str, dict[str, Any]]) -> None:
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        for name, settings in config.items():
            level = LEVELS[settings.pop("enforcementLevel", "mandatory")]
            entry = analyzer_pb2.PolicyConfig(enforcementLevel=level)
            entry.properties.update(settings)
            request.policyConfig[name].CopyFrom(entry)
        self._stub.Configure(request)

    def names(self) -> list[str]:
        return [each.name for each in self._stub.GetAnalyzerInfo(empty_pb2.Empty()).policies]

    def violations(self, type_: str, values: dict[str, Any], stack: str = "prod") -> dict[str, str]:
        """Policy -> message, of the policies of resources."""
        urn = f"urn:pulumi:{stack}::shop::{type_}::web"
        request = analyzer_pb2.AnalyzeRequest(type=type_, urn=urn, name="web")
        request.properties.CopyFrom(json_format.ParseDict(values, struct_pb2.Struct()))
        return {each.policyName: each.message for each in self._stub.Analyze(request).diagnostics}

    def of_stack(self, type_: str, values: dict[str, Any]) -> dict[str, str]:
        """Policy -> message, of the policies of stacks."""
        urn = f"urn:pulumi:prod::shop::{type_}::web"
        resource = analyzer_pb2.AnalyzerResource(type=type_, urn=urn, name="web")
        resource.properties.CopyFrom(json_format.ParseDict(values, struct_pb2.Struct()))
        request = analyzer_pb2.AnalyzeStackRequest(resources=[resource])
        found = self._stub.AnalyzeStack(request).diagnostics
        return {each.policyName: each.message for each in found}


@pytest.fixture
def analyzer() -> Iterator[Analyzer]:
    with subprocess.Popen(
        [sys.executable, str(PACK), "127.0.0.1:1"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Analyzer(analyzer_pb2_grpc.AnalyzerStub(channel))
        finally:
            process.kill()


def test_pack_has_all_policies(analyzer: Analyzer) -> None:
    assert analyzer.names() == list(NAMES)


@pytest.mark.parametrize("type_", [DYNAMIC, NATIVE])
def test_application_of_either_host_is_checked(analyzer: Analyzer, type_: str) -> None:
    names = ["force_destroy", "allowed_tenants", "redirect_uris"]
    if type_ == NATIVE:
        names = ["forceDestroy", "allowedTenants", "redirectUris"]
    analyzer.configure({"olt-known-tenants": {"tenants": []}})
    values = dict(zip(names, [True, {TENANT: ""}, ["http://a.example"]], strict=True))
    assert analyzer.violations(type_, values).keys() == DEFINITIONS.keys()


def test_value_that_is_not_known_in_a_preview_is_no_violation(analyzer: Analyzer) -> None:
    values = {
        "allowed_tenants": {TENANT: UNKNOWN_TEXT},
        "redirect_uris": ["https://a.example", UNKNOWN_TEXT],
        "rotate_secret_when_changed": {"version": UNKNOWN_TEXT},
    }
    assert analyzer.violations(DYNAMIC, values, stack="dev") == {}
    assert analyzer.of_stack(DYNAMIC, {"secret_rotated_at": UNKNOWN_TEXT}) == {}


def test_resources_of_other_providers_are_ignored(analyzer: Analyzer) -> None:
    assert analyzer.violations("aws:s3/bucket:Bucket", {"force_destroy": True}) == {}


@pytest.mark.parametrize("key", ["secret_rotated_at", "secretRotatedAt"])
def test_age_of_a_secret_is_read_from_the_output(analyzer: Analyzer, key: str) -> None:
    analyzer.configure({"olt-secret-age": {"days": 30}})
    type_ = NATIVE if key == "secretRotatedAt" else DYNAMIC
    found = analyzer.of_stack(type_, {key: "2020-01-01T00:00:00Z"})
    assert list(found) == ["olt-secret-age"]
    assert "days old, more than 30" in found["olt-secret-age"]


def test_policy_that_is_disabled_reports_nothing(analyzer: Analyzer) -> None:
    analyzer.configure({name: {"enforcementLevel": "disabled"} for name in NAMES})
    assert analyzer.violations(DYNAMIC, {"force_destroy": True}) == {}


def test_configuration_of_the_example_names_every_policy_and_only_known_settings() -> None:
    config = json.loads((PACK / "config.json").read_text())
    assert list(config) == list(NAMES)
    for name, definition in DEFINITIONS.items():
        assert config[name].keys() - {"enforcementLevel"} <= definition.config.keys()
    assert yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())["runtime"]["name"] == "python"


VIOLATING: Final[dict[str, Any]] = {"force_destroy": True, "redirect_uris": ["http://a.example"]}


@pytest.mark.engine
@pytest.mark.timeout(400)
def test_engine_refuses_a_violating_stack_and_deploys_a_passing_one(
    engine: Engine, tmp_path: Path, emulator: Emulator, owner: str
) -> None:
    other = new_tenant(emulator)
    stack = engine.stack(tmp_path, application(**VIOLATING, allowed_tenants={other: ""}))
    stack.env.update(reaching_as(emulator, owner), OLT_TENANT_ID=owner)
    pack = _copied(tmp_path, owner)

    # the violations stop the preview and the update, before anything is registered
    shown = stack.preview(*pack, expect_failure=True).output
    assert {name for name in NAMES if name in shown} == set(DEFINITIONS), shown
    assert f"tenant {other} is not in the list" in shown
    stack.up(*pack, expect_failure=True)
    assert emulator.platform.applications(owner) == []

    passing = application(
        "protect=True",
        redirect_uris=["https://a.example"],
        allowed_tenants={owner: "our own"},
        rotate_secret_when_changed={"month": "05"},
    )
    stack.program(passing)
    assert "olt-" not in stack.preview(*pack).output
    assert "olt-" not in stack.up(*pack).output

    # the age is an output: an unchanged stack is checked too, in previews and updates
    pack = _copied(tmp_path, owner, age={"enforcementLevel": "mandatory", "days": 0})
    assert "the client secret is 0 days old" in stack.preview(*pack, expect_failure=True).output
    pack = _copied(tmp_path, owner, age={"enforcementLevel": "advisory", "days": 0})
    assert "the client secret is 0 days old" in stack.up(*pack).output


def _copied(folder: Path, tenant: str, age: dict[str, Any] | None = None) -> list[str]:
    """The options that run a copy of the example, with all policies mandatory."""
    copy = folder / "policy"
    shutil.copytree(PACK, copy, dirs_exist_ok=True)
    # the language host that can be built here starts no packs, so the engine starts it as a program
    launcher = copy / "launch"
    launcher.write_text(f'#!/bin/sh\nexec {sys.executable} -u {copy} "$1"\n')
    launcher.chmod(0o755)
    config: dict[str, dict[str, Any]] = {
        name: {"enforcementLevel": "mandatory"} for name in DEFINITIONS
    }
    for name in ("olt-no-force-destroy", "olt-protected"):
        config[name]["stacks"] = ["de*"]
    config["olt-known-tenants"]["tenants"] = [tenant]
    config["olt-secret-age"] = age or {"enforcementLevel": "mandatory", "days": 30}
    file = folder / "config.json"
    file.write_text(json.dumps(config))
    return ["--policy-pack", str(launcher), "--policy-pack-config", str(file)]
