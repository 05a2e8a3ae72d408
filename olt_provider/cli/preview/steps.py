"""The JSON of ``pulumi preview --json`` as typed values."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from olt_provider.cli.preview.types import APPLICATION, INSTALLATION, kind_of, step_as_dynamic

DEFAULT_PROVIDER: Final = re.compile(r"default(_\d.*)?")
"""Names of the engine's own provider, which is used by resources without another one."""
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's text for a value that is known only after the update."""
SECRET: Final = "[secret]"  # noqa: S105 (what the engine writes instead of one)
OPERATIONS: Final = frozenset(
    {
        "same",
        "create",
        "update",
        "delete",
        "replace",
        "create-replacement",
        "delete-replaced",
        "read",
        "read-replacement",
        "refresh",
        "read-discard",
        "discard-replaced",
        "discard",
        "remove-pending-replace",
        "import",
        "import-replacement",
        "diff-refresh",
    }
)
ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAX_BYTES: Final = 256 * 1024 * 1024


class PreviewError(Exception):
    """The input is not a complete preview in a known format. The message is one line."""


class _Part(BaseModel):
    # Engines add keys, so unknown ones are ignored.
    model_config = ConfigDict(frozen=True, extra="ignore")


class State(_Part):
    """A resource before or after a step."""

    id: str = ""
    import_id: Annotated[str, Field(alias="importID")] = ""
    """The ID that an import reads."""
    urn: str = ""
    """It differs from the step's type if an alias names another type."""
    type: str = ""
    """It differs from the resource's URN if an alias names another one."""
    inputs: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    external: bool = False
    """Whether it is managed elsewhere and was only read (a ``.get``)."""
    provider: str = ""
    marked: Annotated[bool, Field(alias="delete")] = False
    """Whether it was replaced and its deletion is pending."""
    retain: Annotated[bool, Field(alias="retainOnDelete")] = False
    depends: Annotated[dict[str, list[str] | None], Field(alias="propertyDependencies")] = {}


class Step(_Part):
    """One operation on one resource."""

    op: str
    urn: str
    old: Annotated[State | None, Field(alias="oldState")] = None
    new: Annotated[State | None, Field(alias="newState")] = None
    detailed: Annotated[dict[str, Any] | None, Field(alias="detailedDiff")] = None

    _names = model_validator(mode="before")(step_as_dynamic)

    @property
    def kind(self) -> str:
        """The resource's own type, without those of the components around it."""
        return kind_of(self.urn)

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return name_of(self.urn)

    @property
    def provider(self) -> str:
        """The URN and ID of its provider; empty if the preview does not show it."""
        return (self.new and self.new.provider) or (self.old and self.old.provider) or ""

    @property
    def changed(self) -> set[str]:
        """The inputs that change, by the names of whole properties."""
        before = self.old.inputs if self.old else {}
        after = self.new.inputs if self.new else {}
        named = {re.split(r"[.\[]", path)[0] for path in self.detailed or {}}
        return named | {
            key for key in before.keys() | after.keys() if before.get(key) != after.get(key)
        }


class Diagnostic(_Part):
    """A message of the engine, the program or a provider. Its text is not trusted."""

    severity: str
    message: str = ""
    urn: str = ""

    @property
    def failed(self) -> bool:
        """Whether it is an error, so that steps may be missing."""
        return self.severity.startswith("error")


class Preview(_Part):
    """A whole preview."""

    steps: tuple[Step, ...]
    summary: Annotated[dict[str, int], Field(alias="changeSummary")] = {}
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it ended with an error, so that steps may be missing."""
        return any(each.failed for each in self.diagnostics)

    @property
    def stack(self) -> str:
        """Project and stack; empty if there is no step."""
        if not self.steps:
            return ""
        stack, project = self.steps[0].urn.removeprefix("urn:pulumi:").split("::", 3)[:2]
        return f"{project}/{stack}"


def name_of(urn: str) -> str:
    """Return the last part of a resource's name in the engine."""
    return urn.split("::", 3)[3]


def an_id(value: Any) -> str | None:
    """Return an ID that may be shown; ``None`` for other values, such as a masked one."""
    text = value.lower() if isinstance(value, str) else ""
    return text if ID.fullmatch(text) and text != UNKNOWN else None


def read_preview(text: str) -> Preview:
    """Parse a preview. Raises ``PreviewError``, which states what the input is instead."""
    if not text.strip():
        raise PreviewError("it is empty: the preview printed nothing")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise PreviewError(_not_json(text, error)) from None
    except (RecursionError, ValueError):
        raise PreviewError("it cannot be read as JSON") from None
    if not isinstance(content, dict) or "changeSummary" not in content:
        raise PreviewError(
            "it is JSON, but not of `pulumi preview --json`, or of an engine whose shape this "
            "version does not support"
        )
    try:
        preview = Preview.model_validate({"steps": [], **content})
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise PreviewError(
            f"{where} has a shape that this version does not support: the engine may be newer"
        ) from None
    for step in preview.steps:
        _require_known(step)
    return preview


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    if error.msg == "Extra data":
        return (
            "it holds more than one JSON document: give it the standard output of `pulumi preview "
            "--json` alone, without PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
        )
    if text.lstrip().startswith("{"):
        return f"it is cut off or damaged at line {error.lineno}"
    return "it is not JSON: run `pulumi preview --json`"


def _require_known(step: Step) -> None:
    if step.urn.count("::") < 3 or not step.urn.startswith("urn:pulumi:"):
        raise PreviewError("a step names no resource: the engine may be newer")
    if step.kind in (APPLICATION, INSTALLATION) and step.op not in OPERATIONS:
        raise PreviewError("a step has an operation that this version does not support")
