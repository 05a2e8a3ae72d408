"""Generate the plugin's schema from the property tables and docstrings.

``make schema`` writes it to ``schema.json``, which the plugin returns.
"""

from __future__ import annotations

import inspect
import json
import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, Final

from olt_provider._version import __version__
from olt_provider.lifecycle.lookups import ApplicationResult, InstallationResult
from olt_provider.lifecycle.properties import Property
from olt_provider.native.component import APPLICATION_OUTPUTS
from olt_provider.native.configuration import SECRETS
from olt_provider.native.functions import FUNCTIONS
from olt_provider.native.names import (
    ALIASES,
    APPLICATION,
    BACKGROUND_APPLICATION,
    INSTALLATION,
    PACKAGE,
    Wording,
    camel,
    snake,
)
from olt_provider.native.resources import PROPERTIES, RESOURCES, NativeResource
from olt_provider.settings import CREDENTIALS, SETTINGS

DISTRIBUTION: Final = "pulumi-olt"
GITHUB: Final = "https://github.com"
FILE: Final = Path(__file__).with_name("schema.json")
STATUS: Final = "olt:index:Status"
ADOPT: Final = "olt:index:Adopt"
APPLICATION_RESULT: Final = "olt:index:ApplicationResult"
ANY: Final = {"$ref": "pulumi.json#/Any"}
TEXT: Final = {"type": "string"}
TEXTS: Final = {"type": "object", "additionalProperties": TEXT}
SCALARS: Final[Mapping[Any, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
}
REFERENCES: Final = {"status": STATUS, "adopt": ADOPT}
PROVIDER_TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "requestTimeout": {"type": "number"},
    "maxRetries": {"type": "integer"},
    "maxConnections": {"type": "integer"},
    "tenantTokens": TEXTS,
}
PYTHON_ONLY: Final = (
    (", or a sequence of IDs or ``AllowedTenantArgs``", ""),
    ("``resource_name``", "the resource's name"),
    ("``app.id``", "the `id` of an Application"),
    ("``OltApplication``", "`Application`"),
    ("``OltInstallation``", "`Installation`"),
    ("``False``", "`false`"),
    ("``True``", "`true`"),
    ("``None``", "null"),
)
"""Texts of the Python form's documentation, with their replacements."""

_wording: Final = Wording({*PROPERTIES, *map(snake, (*SETTINGS, *CREDENTIALS))})


def stored(repository: str | None = None) -> str:
    """Return the schema with its version, as the plugin does.

    ``repository`` is the address of the repository whose releases have the plugin's tarballs.
    """
    known = {"version": __version__}
    if repository is not None:
        known["pluginDownloadURL"] = download_url(repository)
    added = ",\n  ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in known.items())
    return FILE.read_text("utf-8").replace('"version": ""', added, 1)


def released_from() -> str | None:
    """The repository from which the installed distribution was released, if it is known."""
    try:
        urls = metadata(DISTRIBUTION).get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    links = dict(each.split(", ", 1) for each in urls)
    return links.get("Homepage")


def download_url(repository: str) -> str:
    """The address from which the CLI downloads the tarballs: the releases of a repository."""
    server, owner, name = repository.rsplit("/", 2)
    if server == GITHUB:
        return f"github://api.github.com/{owner}/{name}"
    return f"{repository}/releases/download/v{__version__}"


def written() -> str:
    """Return the content of the schema's file: without the version, which every release changes."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """Return the schema for ``pulumi package get-schema`` and the generators of SDKs."""
    configuration = _configuration()
    return {
        "name": PACKAGE,
        "version": "",
        "displayName": "OLT",
        "description": "OAuth2 applications on the OLT platform",
        "keywords": ["pulumi", "olt", "oauth2", "category/infrastructure"],
        "license": "Apache-2.0",
        "meta": {"moduleFormat": "(.*)"},
        "language": {
            "csharp": {"respectSchemaVersion": True},
            "go": {"respectSchemaVersion": True, "generateResourceContainerTypes": False},
            "nodejs": {"respectSchemaVersion": True},
            "python": {
                "respectSchemaVersion": True,
                "packageName": "pulumi_olt_sdk",
                "pyproject": {"enabled": True},
            },
        },
        "config": {"variables": configuration},
        "provider": {"description": _provider_doc(), "inputProperties": configuration},
        "types": {
            STATUS: {
                "type": "string",
                "enum": [
                    {"value": value} for value in RESOURCES[APPLICATION].inputs["status"].choices
                ],
            },
            ADOPT: _adopt(),
            APPLICATION_RESULT: {"type": "object", **_result(ApplicationResult)},
        },
        "resources": {
            APPLICATION: _resource(APPLICATION),
            INSTALLATION: _resource(INSTALLATION),
            BACKGROUND_APPLICATION: _component(),
        },
        "functions": {token: _function(token) for token in FUNCTIONS},
    }


def _resource(token: str) -> dict[str, Any]:
    from olt_provider.application import OltApplication
    from olt_provider.installation import OltInstallation

    classes = {APPLICATION: OltApplication, INSTALLATION: OltInstallation}
    resource = RESOURCES[token]
    declared = {name: each for name, each in resource.inputs.items() if not each.creation_only}
    outputs = {**declared, **resource.computed}
    return {
        "description": _text(inspect.getdoc(classes[token]) or ""),
        "inputProperties": _inputs(resource),
        "requiredInputs": ["applicationId"] if token == INSTALLATION else [],
        "properties": {camel(name): _property(each) for name, each in outputs.items()},
        "required": [
            camel(name) for name, each in outputs.items() if not each.nullable or each.secret
        ],
        "aliases": [{"type": ALIASES[token]}],
    }


def _inputs(resource: NativeResource) -> dict[str, Any]:
    inputs = {}
    for name, each in resource.inputs.items():
        described = _property(each)
        if each.has_default and isinstance(each.default, str | bool | int) and each.default != "":
            described["default"] = each.default
        inputs[camel(name)] = described
    return inputs


def _property(each: Property) -> dict[str, Any]:
    described: dict[str, Any] = {**_type(each.name, each.type), "description": _text(each.doc)}
    if each.secret:
        described["secret"] = True
    if each.replaces:
        described["replaceOnChanges"] = True
    return described


def _type(name: str, hint: Any) -> dict[str, Any]:
    """The type of a property, derived from that of its field."""
    if name in REFERENCES:
        return {"$ref": f"#/types/{REFERENCES[name]}"}
    kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
    if type(None) in typing.get_args(hint):
        (hint,) = kinds
    if typing.get_origin(hint) in {tuple, typing.get_origin(typing.Sequence[str])}:
        return {"type": "array", "items": TEXT}
    if typing.get_origin(hint) is typing.get_origin(Mapping[str, str]):
        values = typing.get_args(hint)[1]
        return {"type": "object", "additionalProperties": TEXT if values is str else ANY}
    return {"type": SCALARS.get(hint, "string")}


def _adopt() -> dict[str, Any]:
    from olt_provider.application import AdoptArgs

    described = dict(_parameters(AdoptArgs.__init__))
    return {
        "type": "object",
        "description": _text(inspect.getdoc(AdoptArgs) or ""),
        "properties": {
            camel(name): {
                **TEXT,
                "description": _text(described[name]),
                **({"secret": True} if name == "client_secret" else {}),
            }
            for name in ("application_id", "client_secret")
        },
        "required": ["applicationId"],
    }


def _component() -> dict[str, Any]:
    from olt_provider.background_application import OltBackgroundApplication

    application = RESOURCES[APPLICATION]
    outputs = {
        camel(name): _property(each)
        for name, each in {**application.inputs, **application.computed}.items()
        if camel(name) in APPLICATION_OUTPUTS
    }
    required = _resource(APPLICATION)["required"]
    tenants = (
        "Tenants that are allowed and in which it is installed: tenant ID -> comment. The IDs must "
        "be known in a preview, because each names a resource. An empty mapping: none. A removed "
        "tenant is revoked and uninstalled."
    )
    description = inspect.getdoc(OltBackgroundApplication) or ""
    return {
        "isComponent": True,
        "description": _text(description.partition("\n\n")[0]),
        "inputProperties": {
            "tenants": {**TEXTS, "plain": False, "description": tenants},
            **{
                name: each
                for name, each in _inputs(application).items()
                if name != "allowedTenants"
            },
        },
        "requiredInputs": ["tenants"],
        "properties": {
            "applicationId": {**TEXT, "description": "The application ID."},
            **outputs,
            "installedAt": {
                **TEXTS,
                "description": "Tenant ID -> since when the application is installed there.",
            },
        },
        "required": [
            "applicationId",
            "installedAt",
            *(name for name in outputs if name in required),
        ],
        "aliases": [{"type": ALIASES[BACKGROUND_APPLICATION]}],
    }


def _function(token: str) -> dict[str, Any]:
    from olt_provider import lookups

    function = FUNCTIONS[token]
    name = snake(token.rpartition(":")[2])
    look_up = getattr(lookups, name)
    described = dict(_parameters(look_up))
    one = {"get_application": ApplicationResult, "get_installation": InstallationResult}.get(name)
    listed = {
        "properties": {
            "applications": {
                "type": "array",
                "items": {"$ref": f"#/types/{APPLICATION_RESULT}"},
                "description": "The applications, by name.",
            }
        },
        "required": ["applications"],
    }
    return {
        "description": _text((inspect.getdoc(look_up) or "").partition("\n\n:param")[0]),
        "inputs": {
            "type": "object",
            "properties": {
                camel(name): {**TEXT, "description": _text(described[name])}
                for name in (*function.required, *function.optional)
            },
            "required": [camel(name) for name in function.required],
        },
        "outputs": {"type": "object", **(listed if one is None else _result(one))},
    }


def _result(result: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(result)
    names = [each.name for each in fields(result)]
    return {
        "properties": {
            camel(name): TEXT if name == "status" else _type(name, hints[name]) for name in names
        },
        "required": [
            camel(name) for name in names if type(None) not in typing.get_args(hints[name])
        ],
    }


def _configuration() -> dict[str, Any]:
    from olt_provider.provider import Provider

    return {
        camel(name): {
            **PROVIDER_TYPES.get(camel(name), TEXT),
            "description": _text(doc),
            **({"secret": True} if camel(name) in SECRETS else {}),
        }
        for name, doc in _parameters(Provider.__init__)
        if name not in {"resource_name", "opts"}
    }


def _provider_doc() -> str:
    from olt_provider.provider import Provider

    return _text((inspect.getdoc(Provider) or "").partition("\n\n")[0])


def _parameters(function: Any) -> Iterator[tuple[str, str]]:
    """The parameters in a docstring, with their descriptions."""
    text = inspect.getdoc(function) or ""
    for found in re.finditer(r"^:param (\w+): (.*?)(?=^:|\Z)", text, re.MULTILINE | re.DOTALL):
        yield found[1], " ".join(found[2].split())


def _text(doc: str) -> str:
    """Return documentation with the wire's names, as Markdown, one line per paragraph."""
    for python, here in PYTHON_ONLY:
        doc = doc.replace(python, here)
    paragraphs = (" ".join(each.split()) for each in doc.split("\n\n"))
    return _wording.of("\n\n".join(paragraphs).replace("``", "`"))


def main() -> None:
    """Write the schema beside this module."""
    FILE.write_text(written(), "utf-8")


if __name__ == "__main__":
    main()
