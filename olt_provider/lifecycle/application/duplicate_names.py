"""The duplicate-name guard: refuses to register a name that the tenant already uses."""

from __future__ import annotations

from typing import Final

from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.known_applications import KnownApplications
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.run_record import application_key

PAUSE: Final = 0.1
"""Seconds between two checks. The engine sends resources in any order, so the resource that gives
up a name may be compared shortly after the creation of the one that takes it."""


def require_unused(context: ProviderContext, known: KnownApplications, name: str) -> None:
    """Raise ``LifecycleError`` if an application has the name and keeps it in this run.

    An application that the program renames in this run does not count: the platform allows equal
    names, and the names differ at the end of the run.
    """
    keeping = _keeping(context, known, name)
    if keeping and not any(keeping.values()):
        for _ in known.waits():
            context.pause(PAUSE)
            keeping = _keeping(context, known, name)
            if not keeping or any(keeping.values()):
                break
    if keeping:
        raise _in_use(name, keeping)


def _keeping(context: ProviderContext, known: KnownApplications, name: str) -> dict[str, str]:
    """The applications that keep the name: ID -> resource, ``""`` if not of this program."""
    keeping: dict[str, str] = {}
    for application_id in known.named(name):
        holders = context.run.holders(application_key(application_id), context.api_url)
        declared = [holder for holder in holders if holder.application_name]
        if not any(holder.application_name != name for holder in declared):
            ours = "another resource" if known.has_named(application_id) else ""
            keeping[application_id] = declared[0].name if declared else ours
    return keeping


def _in_use(name: str, keeping: dict[str, str]) -> LifecycleError:
    """The error with the ways out, the most likely first. Rotating a valid secret comes last."""
    found = f"an application named {name!r} exists already: {', '.join(keeping)}"
    ours = sorted(set(filter(None, keeping.values())))
    if ours:
        return LifecycleError(
            f"{found}, which {' and '.join(ours)} of this program manages. Give one of them "
            "another name, or set prevent_duplicate_name=False"
        )
    # Adopting rotates a client secret, so no ID is given to copy if there are several.
    only = f'"{next(iter(keeping))}"' if len(keeping) == 1 else "..."
    return LifecycleError(
        f"{found}. If you renamed the resource in the program, add to it "
        'opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="OLD")]), with its old name; if '
        "another stack manages it, give this one another name; if nothing manages it, adopt it "
        f"with adopt=AdoptArgs(application_id={only}), which rotates its client secret unless "
        "you declare it there. If this `pulumi up` removes or replaces it, set "
        "delete_before_replace=True, or remove it with a `pulumi up` of its own first. To register "
        "a second one of that name, set prevent_duplicate_name=False"
    )
