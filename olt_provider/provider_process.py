"""What the provider processes of both forms share.

It imports nothing of Pulumi's SDK: the native plugin needs only the SDK's messages.
"""

from __future__ import annotations

import functools
import logging
import os
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from olt_provider.api.errors import ApiError, ConfigurationError, OltError, TokenError
from olt_provider.setting_names import variable

# Programs import this module too, so imports that only a provider process needs are local.
if TYPE_CHECKING:
    from olt_provider.lifecycle.run_record import RunRecord

ENGINE_SECONDS: Final = 5.0
FORCE_DESTROY: Final = variable("forceDestroy")
STORED: Final = (
    "refresh, destroy and --refresh use the configuration that the last `up` stored in the state, "
    "not the stack's current one: set {variable} in the environment, or add --run-program"
)
STORED_ARGUMENTS: Final = (
    "refresh, destroy and --refresh use the arguments of the Provider that the last `up` stored in "
    "the state: pass it {variable} with env_var_mappings in its options, or add --run-program"
)
UNAUTHORIZED: Final = 401

F = TypeVar("F", bound=Callable[..., Any])

log = logging.getLogger("olt_provider")


def engine_is_running(address: str) -> bool:
    """Whether the engine at this address still accepts connections.

    A provider process outlives an engine that was killed, and would make API calls whose results
    are recorded nowhere.
    """
    name, _, port = address.rpartition(":")
    try:
        socket.create_connection((name, int(port)), timeout=ENGINE_SECONDS).close()
    except OSError:
        return False
    return True


def run_record(address: str | None) -> RunRecord:
    """Return the run record, which all provider processes of the engine's run share.

    Only this process has it in programs, which have no address, and if the run is not found.
    """
    from olt_provider.lifecycle.run_record import RunRecord

    if address is None or os.name != "posix":
        return RunRecord()
    from olt_provider.dynamic.engine_run import run_of
    from olt_provider.dynamic.run_journal import RunJournal, run_directory

    run = run_of(address)
    if run is None:
        log.debug("the run record is not shared, because the engine's process was not found")
        return RunRecord()
    return RunRecord(RunJournal(run_directory(os.environ), run))


def forced_deletions(environ: Mapping[str, str]) -> frozenset[str]:
    """Return the IDs of applications that ``OLT_FORCE_DESTROY`` allows this run to delete.

    Raises ``ConfigurationError`` for anything but IDs.
    """
    from olt_provider.api.ids import uuid_of

    try:
        listed = environ.get(FORCE_DESTROY, "").split(",")
        return frozenset(uuid_of(item.strip()) for item in listed if item.strip())
    except ValueError:
        raise ConfigurationError(
            f"{FORCE_DESTROY} must list application IDs, separated by commas"
        ) from None


def with_stored_configuration(operation: F) -> F:
    """Decorate a read or a delete so that errors name the source of the credentials.

    Credentials from the environment are current, so their errors stay as they are.
    """

    @functools.wraps(operation)
    def call(provider: Any, *args: Any) -> Any:
        try:
            return operation(provider, *args)
        except (ConfigurationError, TokenError, ApiError) as error:
            refused = not isinstance(error, ApiError) or error.status == UNAUTHORIZED
            if not refused or provider.context.uses_environment:
                raise
            stored = STORED_ARGUMENTS if provider.context.is_explicit else STORED
            hint = stored.format(variable=variable("apiToken"))
            raise OltError(f"{error}. {hint}") from None

    return call  # type: ignore[return-value]
