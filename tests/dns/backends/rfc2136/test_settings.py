"""Settings: each wrong one is refused by name, and the same zone is at the same location."""

from __future__ import annotations

from typing import Any

import pytest

from sophia_infra.dns.backends import BackendError, open_backend

GIVEN = {"kind": "rfc2136", "server": "ns1.shop.example"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"colour": "red"}, "backend.colour is no setting of rfc2136; known are server, port"),
        ({"server": None}, "backend.server is None; give the primary's name or address"),
        ({"server": "a b"}, "backend.server is 'a b'"),
        ({"port": 0}, "backend.port is 0; give a whole number up to 65535"),
        ({"port": 53.5}, "backend.port is 53.5"),
        ({"port": True}, "backend.port is True"),
        ({"port": "53"}, "backend.port is '53'"),
        ({"timeout": -1}, "backend.timeout is -1; give a number of seconds up to 600"),
        ({"timeout": 601}, "backend.timeout is 601"),
        ({"key_name": ".."}, "backend.key_name is '..'"),
        ({"key_name": 7}, "backend.key_name is 7"),
        ({"view": "in side"}, "backend.view is 'in side'"),
        ({"key_algorithm": "hmac-md5"}, "backend.key_algorithm is 'hmac-md5'; known are hmac-sha256, hmac-sha512"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BackendError) as refused:
        open_backend(GIVEN | settings, "shop.example")
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("settings", "location"),
    [
        ({}, "dns://ns1.shop.example:53/shop.example"),
        ({"server": "NS1.shop.example."}, "dns://ns1.shop.example:53/shop.example"),
        ({"port": 5353.0}, "dns://ns1.shop.example:5353/shop.example"),
        ({"server": "2001:db8::1"}, "dns://[2001:db8::1]:53/shop.example"),
        ({"key_name": "other"}, "dns://ns1.shop.example:53/shop.example"),
        ({"view": "inside"}, "dns://ns1.shop.example:53/shop.example#inside"),
    ],
)
def test_a_location_names_server_port_and_zone_and_asks_nobody(settings: dict[str, Any], location: str) -> None:
    assert open_backend(GIVEN | settings, "shop.example.").location == location
