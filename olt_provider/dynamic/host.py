"""The provider process of the dynamic form: ``python -m pulumi.dynamic``.

It starts for every operation of the engine. Its four threads share the objects of this module.
"""

from __future__ import annotations

import functools
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pulumi.dynamic import CheckFailure, CheckResult, ConfigureRequest
from pulumi.output import Unknown
from pulumi.runtime.rpc import wrap_rpc_secret

from olt_provider.api.errors import ConfigurationError, OltError
from olt_provider.lifecycle.values import UNKNOWN
from olt_provider.printable import one_line
from olt_provider.provider_process import engine_is_running, forced_deletions, run_record

# Programs import this module too, so imports that only the provider process needs are local.
if TYPE_CHECKING:
    from olt_provider.lifecycle.checking import Checked
    from olt_provider.lifecycle.properties import Table
    from olt_provider.lifecycle.provider_context import ProviderContext
    from olt_provider.lifecycle.run_record import RunRecord
    from olt_provider.settings import Settings

PROVIDER_KEY: Final = "__provider"
HOST_MODULE: Final = str(Path("pulumi", "dynamic", "__main__.py"))

log = logging.getLogger("olt_provider")

_lock = threading.Lock()
_contexts: dict[Settings, ProviderContext] = {}
_warned: set[str] = set()


def context(request: ConfigureRequest) -> ProviderContext:
    """Return the context that the providers of this process with the same configuration share."""
    keys = tuple(getattr(request.config, "_props", ()))  # the SDK has no public way to list them
    # What is imported stays, and there is so much of it that scans for garbage take long.
    gc.disable()
    try:
        return shared_context(request.config.get, os.environ, warn=warn, keys=keys)
    finally:
        gc.freeze()
        gc.enable()


def shared_context(
    config: Callable[[str], object],
    environ: Mapping[str, str],
    *,
    warn: Callable[[str], None],
    keys: Iterable[str] = (),
) -> ProviderContext:
    """Return one ``ProviderContext`` per process and configuration, for the host and for programs.

    ``keys`` are all keys of the configuration, of any namespace.
    """
    from importlib.metadata import version

    from olt_provider.lifecycle.provider_context import ProviderContext
    from olt_provider.settings import Settings

    with _lock:
        run = _run_record()
        try:
            settings = Settings.load(config, environ, keys=keys)
            forced = forced_deletions(environ)
        except ConfigurationError as error:
            return ProviderContext(error, warn=warn, run=run)
        if settings not in _contexts:
            agent = f"pulumi/{version('pulumi')}"
            _contexts[settings] = ProviderContext(
                settings,
                warn=warn,
                user_agent=agent,
                check_cancelled=require_engine,
                run=run,
                forced=forced,
            )
        return _contexts[settings]


@functools.cache
def _run_record() -> RunRecord:
    """Return the run record, which all platforms of the process share."""
    return run_record(engine_address())


def require_engine() -> None:
    """Raise ``OltError`` if the engine of this provider process is gone."""
    address = engine_address()
    if address is not None and not engine_is_running(address):
        raise OltError("the engine is gone, so nothing more is registered or repeated")


def engine_address() -> str | None:
    """The engine's address: the first argument of the provider process. Programs have none."""
    return sys.argv[1] if len(sys.argv) > 1 and sys.argv[0].endswith(HOST_MODULE) else None


def warn(message: str) -> None:
    """Show a warning to the user, once per process: the engine counts it in its summary."""
    message = one_line(message)
    with _lock:
        if message in _warned:
            return
        _warned.add(message)
    # Python would also write a logged warning to stderr, and the engine would show it twice.
    logged = len(sys.argv) > 1 and _log_to_engine(sys.argv[1], message)
    log.log(logging.INFO if logged else logging.WARNING, "%s", message)


def _log_to_engine(address: str, message: str) -> bool:
    import grpc
    from pulumi.runtime.proto import engine_pb2
    from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

    request = engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=f"olt: {message}")
    try:
        with grpc.insecure_channel(address) as channel:
            EngineStub(channel).Log(request, timeout=5)
    except grpc.RpcError:
        log.debug("the engine did not accept the warning")
        return False
    return True


class _ReportedError(Exception):
    """An error for the user. The engine shows its class and its message."""

    __module__ = "builtins"  # so that no module path is shown before the name


_ReportedError.__qualname__ = "OltError"

F = TypeVar("F", bound=Callable[..., Any])


def reported(operation: F) -> F:
    """Decorate an operation so that the user's errors are shown as one line.

    ``OLT_DEBUG=1`` keeps their tracebacks. The host sends tracebacks. Only ``sys.tracebacklimit``
    shortens them, and for the whole process, so it is set only when an error of ours is raised.
    """

    @functools.wraps(operation)
    def call(*args: Any) -> Any:
        try:
            return operation(*args)
        except OltError as error:
            if os.environ.get("OLT_DEBUG"):
                raise
            message = one_line(str(error))
        sys.tracebacklimit = 0
        raise _ReportedError(message) from None

    return call  # type: ignore[return-value]


def received(props: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties as the lifecycle takes them: no provider, unknown values as ``UNKNOWN``."""
    return {key: _plain(value) for key, value in props.items() if key != PROVIDER_KEY}


def _plain(value: Any) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def with_kept_values(
    context: ProviderContext, table: Table, olds: Mapping[str, Any], news: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return a declaration with values of a state of the native form, and their names, and warn."""
    from olt_provider.lifecycle import migration

    declared, kept = migration.with_kept_values(table, olds, news)
    if kept:
        application = olds.get("name") or olds.get("application_id")
        context.warn(
            f"application {application!r}: " + migration.KEPT.format(names=", ".join(kept))
        )
    return declared, kept


def check_result(checked: Checked, secrets: Collection[str] = ()) -> CheckResult:
    """Return a checked declaration in the form of the SDK.

    Values of the state among the inputs must be marked as ``secrets``: the engine sends the state
    without such marks, and applies those of the program to the same properties only.
    The engine prints the whole value of a property that a failure names, secrets included. So the
    property is named in the text of the failure instead.
    """
    failures = [
        CheckFailure("", one_line(": ".join(filter(None, (failure.property, failure.reason)))))
        for failure in checked.failures
    ]
    inputs = {key: _sent(value) for key, value in checked.inputs.items()}
    inputs |= {key: wrap_rpc_secret(inputs[key]) for key in secrets if key in inputs}
    return CheckResult(inputs, failures)


def _sent(value: Any) -> Any:
    if value is UNKNOWN:
        return Unknown()  # type: ignore[no-untyped-call]
    if isinstance(value, Mapping):
        return {key: _sent(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_sent(item) for item in value]
    return value
