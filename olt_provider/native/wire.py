"""Convert the engine's messages: unknown values, secrets and property names.

The lifecycle uses snake_case names and plain values. The wire has camelCase names and marks secrets
at any depth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

from olt_provider.lifecycle.values import UNKNOWN
from olt_provider.native.names import DYNAMIC_PROVIDER_PROPERTY, camel, snake

# Constants of Pulumi's protocol.
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks secrets, is none
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWNS: Final = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""The unknown value of each type: text, true or false, number, list, asset, archive, mapping."""

MESSAGE_BYTES: Final = 400 * 1024 * 1024
MESSAGE_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
)
"""The largest message, in bytes, that the engine accepts."""

NESTED: Final = frozenset({"adopt"})
"""Properties whose keys are property names. The keys of other mappings are the user's."""


def received(struct: Struct) -> dict[str, Any]:
    """Return properties as the lifecycle takes them. Those of the dynamic form are accepted too."""
    props: dict[str, Any] = {}
    for key, value in struct.fields.items():
        if key == DYNAMIC_PROVIDER_PROPERTY:
            continue
        item = plain(value)
        if item is None:
            continue
        name = snake(key)
        if name in NESTED and isinstance(item, Mapping):
            item = {snake(each): nested for each, nested in item.items() if nested is not None}
        props[name] = item
    return props


def plain(value: Value) -> Any:
    """Return a value without secret marks; ``UNKNOWN`` for one that is not known yet."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "list_value":
        return [plain(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _plain_struct(value.struct_value)
    return None


def _plain_struct(struct: Struct) -> Any:
    signature = _signature(struct)
    if signature == SECRET:
        return plain(struct.fields["value"])
    if signature == OUTPUT:
        return plain(struct.fields["value"]) if "value" in struct.fields else UNKNOWN
    if signature == RESOURCE:
        return plain(struct.fields["id"]) if "id" in struct.fields else UNKNOWN
    return {key: plain(item) for key, item in struct.fields.items()}


def _signature(struct: Struct) -> str | None:
    return struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else None


def sent(
    props: Mapping[str, Any],
    *alike: Struct,
    secrets: Iterable[str] = (),
) -> Struct:
    """Return properties in the form of the engine.

    Secret are the properties in ``secrets`` and everything that is secret in one of ``alike``.
    """
    fields: dict[str, Value] = {}
    for key, value in props.items():
        name = camel(key)
        item = _nested(value) if key in NESTED else message(value)
        for other in alike:
            for spelling in {name, key} & other.fields.keys():
                item = _as_secret_as(item, other.fields[spelling])
        fields[name] = secret(item) if key in secrets and value is not None else item
    return Struct(fields=fields)


def _nested(value: Any) -> Value:
    """Convert ``adopt``, whose client secret is always a secret."""
    if not isinstance(value, Mapping):
        return message(value)
    fields = {
        camel(key): secret(message(item)) if key == "client_secret" else message(item)
        for key, item in value.items()
    }
    return Value(struct_value=Struct(fields=fields))


def message(value: Any) -> Value:
    """Convert a plain value to the form of the engine."""
    if value is None:
        return Value(null_value=NULL_VALUE)
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, int | float):
        return Value(number_value=value)
    if isinstance(value, Mapping):
        fields = {key: message(item) for key, item in value.items()}
        return Value(struct_value=Struct(fields=fields))
    if isinstance(value, list | tuple):
        return Value(list_value=ListValue(values=[message(item) for item in value]))
    return Value(string_value=UNKNOWN_STRING if value is UNKNOWN else value)


def secret(value: Value) -> Value:
    """Mark a value as a secret."""
    if is_secret(value):
        return value
    fields = {SIGNATURE: Value(string_value=SECRET), "value": value}
    return Value(struct_value=Struct(fields=fields))


def is_secret(value: Value) -> bool:
    """Whether a value is marked as a secret as a whole."""
    if not value.HasField("struct_value"):
        return False
    struct = value.struct_value
    signature = _signature(struct)
    if signature == OUTPUT:
        return "secret" in struct.fields and struct.fields["secret"].bool_value
    return signature == SECRET


def _as_secret_as(item: Value, other: Value) -> Value:
    """Mark what is secret in ``other``. A list with a secret is marked as a whole: it is sorted."""
    if is_secret(item):
        return item
    if is_secret(other):
        return secret(item)
    if item.HasField("struct_value") and other.HasField("struct_value"):
        fields = dict(item.struct_value.fields.items())
        for key, value in other.struct_value.fields.items():
            for spelling in {key, key.lower(), camel(key)} & fields.keys():
                fields[spelling] = _as_secret_as(fields[spelling], value)
        return Value(struct_value=Struct(fields=fields))
    return secret(item) if _holds_secret(other) else item


def _holds_secret(value: Value) -> bool:
    if is_secret(value):
        return True
    if value.HasField("struct_value"):
        return any(_holds_secret(item) for item in value.struct_value.fields.values())
    if value.HasField("list_value"):
        return any(_holds_secret(item) for item in value.list_value.values)
    return False
