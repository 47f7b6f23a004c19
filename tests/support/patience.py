"""Clients that give up on one kind of request only, so that a loaded machine gives the same answer as an idle one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

LONG = 60.0


def only_gives_up_on(
    monkeypatch: pytest.MonkeyPatch, slow: Callable[[str, Any], bool], carried_out: threading.Event | None = None
) -> None:
    """Keep the client's timeout for requests of which `slow(url, form)` holds; every other one is waited for.

    With `carried_out`, the client goes on from such a request no sooner than the server has carried it out.
    """
    real = requests.Session.request

    def request(session: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        if not slow(url, options.get("data")):
            return real(session, method, url, **{**options, "timeout": LONG})
        try:
            return real(session, method, url, **options)
        finally:
            assert carried_out is None or carried_out.wait(LONG)

    monkeypatch.setattr(requests.Session, "request", request)
