from __future__ import annotations

from tests.emulated import shared_emulator

__all__ = ["shared_emulator"]
