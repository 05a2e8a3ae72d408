from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from olt_provider.api.client import OltClient
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.settings import Settings
from tests.lifecycle.conftest import OWNER, unsigned

SECONDS = 0.2
"""How long a second thread may take to get into the making of a client that is going on."""


def test_threads_that_need_the_client_at_once_share_one(
    offline: Callable[..., ProviderContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = offline(unsigned(OWNER))
    make, made, found = Settings.client, [], []
    other = threading.Thread(target=lambda: found.append(context.client))

    def make_while_another_thread_asks(settings: Settings, **options: Any) -> OltClient:
        made.append(threading.current_thread())
        if len(made) == 1:
            other.start()
            other.join(SECONDS)
        return make(settings, **options)

    monkeypatch.setattr(Settings, "client", make_while_another_thread_asks)
    client = context.client
    other.join()
    assert found == [client]
    assert len(made) == 1
