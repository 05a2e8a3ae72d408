"""The base class of the wire models, which maps snake_case fields to camelCase names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from olt_provider.api.errors import RequestError, UnreadableError
from olt_provider.api.ids import uuid_of


class Model(BaseModel):
    """A value that the platform sends or receives. Unknown fields are ignored on purpose."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # an input may hold a client secret
    )

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object to send: camelCase names, and only the fields that were set."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _empty_for_null(value: Any) -> Any:
    return "" if value is None else value


def _none_for_empty(value: Any) -> Any:
    return None if value == "" else value


def _list_for_null(value: Any) -> Any:
    return [] if value is None else value


def _uuid(value: Any) -> Any:
    return uuid_of(value) if isinstance(value, str) else value


def _word(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return uuid_of(value)
    except ValueError:
        if not value or not value.isprintable() or " " in value:
            raise ValueError("not one word of printable characters") from None
        return value


Id = Annotated[str, BeforeValidator(_uuid)]
"""The UUID of an application or a tenant, in lower case."""

OpaqueId = Annotated[str, BeforeValidator(_word)]
"""The ID of a client or a device, which need not be a UUID. It is kept unchanged."""

Text = Annotated[str, BeforeValidator(_empty_for_null)]
"""Text that is ``""`` when unset: missing, ``null`` or empty."""

OptionalText = Annotated[str | None, BeforeValidator(_none_for_empty)]
"""Text that is ``None`` when unset: missing, ``null`` or empty."""

TextList = Annotated[tuple[str, ...], BeforeValidator(_list_for_null)]
"""A list of strings that is empty when missing or ``null``."""


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(timezone.utc)


Timestamp = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time in UTC. A time that is out of range in UTC is unreadable."""


ODD: Final = "report it, unless another server than the platform responded"
"""The remedy for a response that cannot be read."""

M = TypeVar("M", bound=BaseModel)


def parse(model: type[M], value: Any, *, source: str) -> M:
    """Parse ``value`` as a ``model``. ``source`` (method and path) names the response in errors.

    Raises ``UnreadableError``, which names each missing or ill-typed field, never its value.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in detail['loc']) or 'body'}: {detail['msg']}"
            for detail in error.errors(
                include_url=False, include_context=False, include_input=False
            )[:5]
        )
    except (RecursionError, OverflowError, ValueError):
        problems = "not a readable value"
    raise UnreadableError(
        f"{source}: the response is not what the platform documents ({problems})",
        sent=True,
        temporary=False,
        remedy=ODD,
    )


def data_of(body: Any, *, source: str) -> Any:
    """Return the value of ``{"data": ...}``. Raises ``RequestError`` if there is none."""
    if isinstance(body, Mapping) and "data" in body:
        return body["data"]
    raise RequestError(
        f'{source}: the response has no "data"',
        sent=True,
        temporary=False,
        remedy="check that the base URL is that of the platform's API",
    )
