from collections.abc import Mapping
from typing import Any

import pytest

from sophia_infra.dns.backends import BackendError, open_backend
from sophia_infra.dns.backends.namecheap.backend import Namecheap
from tests.support.refusals import refused

GIVEN = {"kind": "namecheap", "username": "ops", "client_ip": "192.0.2.200"}


def opened(settings: Mapping[str, Any]) -> Namecheap:
    backend = open_backend({**GIVEN, **settings}, "shop.example.")
    assert isinstance(backend, Namecheap)
    return backend


def test_defaults_are_namecheap_s_own() -> None:
    api = opened({}).api
    assert api.endpoint == "https://api.namecheap.com/xml.response"
    assert [tuple(window) for window in api.budget.windows] == [(20, 60), (700, 3600), (8000, 86400)]
    assert (api.domain, api.api_user, api.timeout) == ("shop.example", "ops", 30)


def test_the_sandbox_is_another_place(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened({"sandbox": True}).location == "api.sandbox.namecheap.com/shop.example"
    assert opened({}).location == "api.namecheap.com/shop.example"


def test_numbers_that_the_engine_gives_as_floats_are_welcome() -> None:
    api = opened({"timeout": 5.0, "quota": [50.0, 1000.0, 9000.0]}).api
    assert (api.timeout, api.budget.windows[0].requests) == (5, 50)


@pytest.mark.parametrize(
    ("setting", "given", "says"),
    [
        ("user", "ops", "is no setting of Namecheap; known are username, api_user"),
        ("api_key", "secret", ""),
        ("username", "", "give Namecheap's username as a text"),
        ("username", 5, ""),
        ("client_ip", "2001:db8::1", "give this machine's public IPv4"),
        ("client_ip", None, ""),
        ("sandbox", "yes", "give true or false"),
        ("endpoint", "http://api.example/xml", "give an https address"),
        ("timeout", 0, ""),
        ("timeout", True, ""),
        ("timeout", 601, "at most 600"),
        ("quota", [20, 700], "give requests in a minute, an hour and a day"),
        ("quota", [20, 700, 0], ""),
        ("quota", 20, ""),
    ],
)
def test_a_wrong_setting_is_refused_by_name(setting: str, given: object, says: str) -> None:
    with refused(BackendError, field=f"backend.{setting}", says=says):
        opened({setting: given})


def test_a_domain_that_is_none_is_refused() -> None:
    with refused(BackendError, field="domain", value="a..b", says="give the registered domain"):
        open_backend(GIVEN, "a..b")
