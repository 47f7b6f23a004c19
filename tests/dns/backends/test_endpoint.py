"""A secret goes nowhere but over https, or to this machine: one rule for all backends with an API."""

from __future__ import annotations

import pytest

from sophia_infra.dns.backends import BackendError, open_backend

SETTINGS: dict[str, dict[str, str]] = {
    "cloudflare": {"kind": "cloudflare"},
    "namecheap": {"kind": "namecheap", "username": "ops", "client_ip": "192.0.2.9"},
}


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize(
    "endpoint",
    [
        "http://api.example/v4",
        "ftp://localhost/v4",
        "file://127.0.0.1/v4",
        "//localhost/v4",
        "localhost:8080",
        "https://",
        "https:///v4",
        "https://[::1",
        "http://localhost.example/v4",
        "http://127.0.0.1@api.example/v4",
        "",
        7,
    ],
)
def test_what_is_neither_https_nor_this_machine_is_refused(kind: str, endpoint: object) -> None:
    with pytest.raises(BackendError) as refused:
        open_backend({**SETTINGS[kind], "endpoint": endpoint}, "shop.example")
    assert (refused.value.code, refused.value.field) == ("backend", "backend.endpoint")


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize(
    "endpoint",
    ["https://api.example/v4", "HTTPS://api.example", "http://127.0.0.1:9/v4", "http://[::1]:9/", "http://localhost"],
)
def test_https_and_this_machine_are_taken(kind: str, endpoint: str) -> None:
    open_backend({**SETTINGS[kind], "endpoint": endpoint}, "shop.example")
