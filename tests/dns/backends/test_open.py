"""What holds of backends of any kind: those of users that use an older name, and homes that lack a type."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Self

import pytest

from sophia_infra.dns.backends import BackendError, Credentials, Live, has_alias, open_backend
from tests.support.refusals import refused


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
        backend = open_backend({"kind": f"shelf:{name}"}, "shop.example")
        assert (backend.location, has_alias(backend)) == (location, True)


@pytest.mark.parametrize("settings", [{"kind": "file"}, {"kind": "rfc2136", "server": "ns1.shop.example"}])
def test_a_home_without_alias_refuses_one_by_its_name_and_target(settings: dict[str, str]) -> None:
    backend = open_backend(settings, "shop.example")
    with refused(BackendError, "not-held", subject="@ ALIAS", says=r"with the addresses of lb\.other\.example\."):
        backend.normalize("@ 300 ALIAS lb.other.example.\n", Live())
    assert not has_alias(backend)
    txt = '@ 300 TXT "an ALIAS of ours"\n'
    assert backend.normalize(txt, Live()) == txt
