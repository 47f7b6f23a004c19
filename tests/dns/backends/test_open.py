"""Backends of users' own: what an older one calls by another name goes on working."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Self

import pytest

from sophia_infra.dns.backends import Credentials, open_backend


@dataclass(frozen=True, slots=True)
class Older:
    domain: str

    @classmethod
    def from_settings(cls, _: Mapping[str, Any], domain: str, __: Credentials) -> Self:
        return cls(domain)

    @property
    def place(self) -> str:
        return f"shelf/{self.domain}"


class OlderStill:
    def __init__(self, place: str) -> None:
        self.place = place

    @classmethod
    def from_settings(cls, _: Mapping[str, Any], domain: str, __: Credentials) -> Self:
        return cls(f"shelf/{domain}")


class Newer(OlderStill):
    @property
    def location(self) -> str:
        return self.place.upper()


@pytest.mark.parametrize(
    ("name", "location"),
    [("Older", "shelf/shop.example"), ("OlderStill", "shelf/shop.example"), ("Newer", "SHELF/SHOP.EXAMPLE")],
)
def test_a_backend_that_says_place_is_at_that_location(
    name: str, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("shelf")
    vars(module).update(Older=Older, OlderStill=OlderStill, Newer=Newer)
    monkeypatch.setitem(sys.modules, "shelf", module)
    for _ in range(2):
        assert open_backend({"kind": f"shelf:{name}"}, "shop.example").location == location
