"""The emulator's own endpoints: ``/_emulator``."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import asdict
from typing import Any, Final

from fastapi import APIRouter
from pydantic import Field

from olt_provider.emulator import contract, problems
from olt_provider.emulator.authentication import StateOf
from olt_provider.emulator.faults import Fault
from olt_provider.emulator.models import Body, IdIn
from olt_provider.emulator.seed import PORTAL_CLIENT
from olt_provider.emulator.variants import Variant

IDLE_ATTEMPTS: Final = 500
IDLE_SECONDS: Final = 0.01
router = APIRouter(prefix=contract.ADMIN_PATH)


class TokenRequest(Body):
    """The token to issue."""

    tenant_id: IdIn
    role: str = "owner"
    lifetime: int = Field(default=contract.ACCESS_LIFETIME, ge=-(10**9), le=10**9)
    subject: str | None = None


@router.get("/health")
async def health() -> dict[str, str]:
    """Return whether the emulator is running."""
    return {"status": "up"}


@router.get("/tenants")
async def tenants(state: StateOf) -> list[dict[str, str]]:
    """List the tenants of the platform."""
    return [tenant._asdict() for tenant in state.tenants.all()]


@router.post("/token")
async def token(body: TokenRequest, state: StateOf) -> dict[str, str]:
    """Issue an API token, as the portal does."""
    sub = body.subject or str(uuid.uuid4())
    state.tenants.add_tenant(body.tenant_id)
    try:
        state.tenants.set_role(sub, body.role)
    except ValueError as error:
        raise problems.Refusal(400, (contract.ASSUMED_BAD_REQUEST, str(error))) from None
    issued = state.tokens.access(
        sub=sub, client_id=PORTAL_CLIENT, tenant_id=body.tenant_id, lifetime=body.lifetime
    )
    return {"token": issued, "subject": sub}


@router.get("/faults")
async def faults(state: StateOf) -> list[dict[str, Any]]:
    """List the active faults."""
    return [
        {**fault.model_dump(mode="json", exclude_none=True), "fired": fault.fired}
        for fault in state.faults.all
    ]


@router.post("/faults")
async def add_fault(fault: Fault, state: StateOf) -> dict[str, int]:
    """Add a fault; the response contains the number of faults."""
    state.faults.add(fault)
    return {"faults": len(state.faults.all)}


@router.delete("/faults")
async def clear_faults(state: StateOf) -> dict[str, int]:
    """Remove all faults and release the calls that they hold."""
    state.faults.clear()
    return {"faults": 0}


@router.get("/variants")
async def variants(state: StateOf) -> list[Variant]:
    """List the active variants."""
    return sorted(state.variants)


@router.put("/variants")
async def set_variants(active: list[Variant], state: StateOf) -> list[Variant]:
    """Activate these variants of the responses, and no others."""
    state.variants = frozenset(active)
    return sorted(state.variants)


@router.get("/calls")
async def calls(state: StateOf) -> dict[str, Any]:
    """List the calls since they were last cleared."""
    return {
        "connections": state.journal.connections,
        "calls": [asdict(call) for call in state.journal.calls],
    }


@router.delete("/calls")
async def clear_calls(state: StateOf) -> dict[str, int]:
    """Remove the recorded calls."""
    state.journal.clear()
    return {"calls": 0}


@router.post("/reset")
async def reset(state: StateOf) -> dict[str, str]:
    """Restore the seed; remove faults and calls."""
    state.faults.clear()
    # Otherwise held calls would be carried out after the reset.
    for _ in range(IDLE_ATTEMPTS):
        if state.journal.in_flight == 0:
            break
        await asyncio.sleep(IDLE_SECONDS)
    state.reset()
    return {"status": "up"}
