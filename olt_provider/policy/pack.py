"""The rules as policies of ``pulumi_policy``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Final, NamedTuple

from pulumi_policy import (
    Policy,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from olt_provider.policy import rules
from olt_provider.policy.rules import UNKNOWN, Rule, Subject

STACKS: Final = {
    "stacks": {
        "type": "array",
        "items": {"type": "string"},
        "default": list(rules.PRODUCTION),
        "description": "Patterns of stack names, such as prod-*.",
    }
}
TENANTS: Final = {
    "tenants": {
        "type": "array",
        "items": {"type": "string"},
        "description": "IDs of the tenants that may be allowed. Default: any.",
    }
}
LOOPBACK: Final = {
    "allow_loopback": {
        "type": "boolean",
        "default": True,
        "description": "Whether http to localhost, 127.0.0.0/8 and ::1 is accepted.",
    }
}
DAYS: Final = {
    "days": {
        "type": "number",
        "minimum": 0,
        "default": rules.MOST_DAYS,
        "description": "Largest accepted age of a client secret in days.",
    }
}
SECRET_AGE: Final = "olt-secret-age"  # noqa: S105 (a name)


class _Definition(NamedTuple):
    description: str
    rule: Rule
    config: Mapping[str, dict[str, Any]]


DEFINITIONS: Final[Mapping[str, _Definition]] = {
    "olt-no-force-destroy": _Definition(
        "Applications of production stacks must not set force_destroy.",
        rules.no_force_destroy,
        STACKS,
    ),
    "olt-known-tenants": _Definition(
        "Only listed tenants may be allowed to use an application.", rules.known_tenants, TENANTS
    ),
    "olt-commented-tenants": _Definition(
        "Each allowed tenant must have a comment.", rules.commented_tenants, {}
    ),
    "olt-https-redirect-uris": _Definition(
        "Redirect URIs must use https.", rules.https_redirect_uris, LOOPBACK
    ),
    "olt-protected": _Definition(
        "Applications of production stacks must be protected.", rules.protected, STACKS
    ),
    "olt-rotation-declared": _Definition(
        "Applications must declare how their client secret is rotated.",
        rules.rotation_declared,
        {},
    ),
}
NAMES: Final = (*DEFINITIONS, SECRET_AGE)
"""The names of all policies, for the configuration of a pack."""


def policies() -> list[Policy]:
    """Return all policies. Their levels and settings come from the configuration of the pack."""
    return [*(_of_resource(name, each) for name, each in DEFINITIONS.items()), _secret_age()]


def plain(value: Any) -> Any:
    """Convert a property of the library to plain values; ``UNKNOWN`` for unknown ones."""
    if isinstance(value, Mapping):
        return {key: _entry(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_entry(value, index) for index in range(len(value))]
    return value


def _entry(values: Any, key: Any) -> Any:
    try:
        return plain(values[key])
    except UnknownValueError:
        return UNKNOWN


def _of_resource(name: str, definition: _Definition) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        subject = Subject.of(
            args.resource_type, args.urn, plain(args.props), protect=args.opts.protect
        )
        for message in definition.rule(subject, args.get_config()):
            report_violation(message, None)

    schema = PolicyConfigSchema(dict(definition.config)) if definition.config else None
    return ResourceValidationPolicy(name, definition.description, validate, config_schema=schema)


def _secret_age() -> StackValidationPolicy:
    """A policy of the stack, because only such policies receive outputs."""

    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        now = datetime.now(timezone.utc)
        for each in args.resources:
            subject = Subject.of(
                each.resource_type, each.urn, plain(each.props), protect=each.opts.protect
            )
            for message in rules.secret_age(subject, args.get_config(), now):
                report_violation(message, each.urn)

    return StackValidationPolicy(
        SECRET_AGE,
        "Client secrets must not be too old.",
        validate,
        config_schema=PolicyConfigSchema(dict(DAYS)),
    )
