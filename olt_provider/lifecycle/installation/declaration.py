"""Check the declaration of an installation, and compare it with the state."""

from __future__ import annotations

from typing import Final

from olt_provider.lifecycle.checking import Checked, Failure, Subject, apply_rules, check_tenant
from olt_provider.lifecycle.installation.model import TABLE, InstallationInputs
from olt_provider.lifecycle.properties import Props, differing
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.rechecks import Check
from olt_provider.lifecycle.run_record import Holder, installation_key
from olt_provider.lifecycle.values import has_unknown

MISSING: Final = (
    "has no value. Declare which application to install; if it is declared, as the id of an "
    "application of this program, that application does not exist yet and --target leaves it out: "
    "add --target with its URN, or run without --target"
)
"""The engine drops a value that no resource of the run provides, so both cases look the same."""


def check(context: ProviderContext, olds: Props, news: Props) -> Checked:
    """Validate a declaration and fill in the tenant. Makes no API calls.

    ``olds`` are the old inputs. The declared installation is recorded in the run record.
    """
    checked = apply_rules(news, TABLE)
    if news.get("application_id") is None:
        missing = Failure("application_id", MISSING)
        checked = Checked(checked.inputs, (*checked.failures, missing))
    before = None if olds else context.installation_checks.rechecked(news)
    for key in before.holds if before else ():
        context.run.release(key)
    name = f"the installation of application {checked.inputs.get('application_id')}"
    result = check_tenant(
        context,
        {key: olds[key] for key in TABLE if key in olds},
        checked,
        Subject("installation", name, before),
    )
    if result.failures:
        return result
    this = Check(olds, news, result.inputs)
    if olds:
        context.installation_checks.checked(this)
    if not has_unknown(result.inputs):
        inputs = InstallationInputs.from_props(result.inputs)
        this.holds.append(context.run.hold(_holder(context, inputs)))
        if not olds and before is None and "tenant_id" not in checked.inputs:
            context.default_tenants.note_installation(inputs.application_id, inputs.tenant_id)
    return result


def _holder(context: ProviderContext, inputs: InstallationInputs) -> Holder:
    held = installation_key(inputs.tenant_id, inputs.application_id)
    return Holder(held, context.api_url, "the program")


def compare(context: ProviderContext, outputs: Props, inputs: Props) -> tuple[str, ...]:
    """Compare the last outputs with checked inputs."""
    changed = differing(TABLE, outputs, inputs)
    earlier = context.installation_checks.diffed(inputs, changes=bool(changed))
    if earlier is None and changed:
        context.default_tenants.delete_first("installation", outputs["tenant_id"])
    return changed
