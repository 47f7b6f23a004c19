from collections.abc import Mapping
from typing import Any

import pytest

from sophia_infra.dns.backends import BackendError, open_backend
from sophia_infra.dns.backends.namecheap.backend import Namecheap

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
    ("settings", "message"),
    [
        ({"user": "ops"}, "backend.user is no setting of Namecheap; known are username, api_user"),
        ({"username": ""}, "backend.username is ''"),
        ({"username": 5}, "backend.username is 5"),
        ({"client_ip": "2001:db8::1"}, "backend.client_ip is '2001:db8::1'; give this machine's public IPv4"),
        ({"client_ip": None}, "backend.client_ip is None"),
        ({"sandbox": "yes"}, "backend.sandbox is 'yes'; give true or false"),
        ({"endpoint": "http://api.example/xml"}, "backend.endpoint is 'http://api.example/xml'; give an https address"),
        ({"timeout": 0}, "backend.timeout is 0"),
        ({"timeout": True}, "backend.timeout is True"),
        ({"timeout": 601}, "at most 600"),
        ({"quota": [20, 700]}, r"backend.quota is \[20, 700\]"),
        ({"quota": [20, 700, 0]}, "backend.quota"),
        ({"quota": 20}, "backend.quota is 20"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(settings: Mapping[str, Any], message: str) -> None:
    with pytest.raises(BackendError, match=message):
        opened(settings)


def test_the_key_is_no_setting() -> None:
    with pytest.raises(BackendError, match="no setting of Namecheap"):
        opened({"api_key": "secret"})


def test_a_domain_that_is_none_is_refused() -> None:
    with pytest.raises(BackendError, match=r"domain is 'a\.\.b': .*give the registered domain"):
        open_backend(GIVEN, "a..b")
