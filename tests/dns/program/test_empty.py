"""An argument that is empty means the same as one that is left out, or is refused by its name: nothing in between."""

from typing import Any

import pytest

from sophia_infra.dns.arguments import ArgumentError, ZoneArgs, ZoneBackendArgs
from sophia_infra.dns.backends import open_backend
from sophia_infra.dns.program import zone
from sophia_infra.dns.provider import said
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.errors import SophiaError
from sophia_infra.settings import SettingError, Settings, journal

EMPTY: tuple[Any, ...] = ("", [], {}, ())
LISTS: tuple[Any, ...] = ([], ())
SAME: dict[str, tuple[Any, ...]] = {
    "records": ([], (), {}),
    "zone_text": ("",),
    "name_servers": LISTS,
    "protect": LISTS,
    "issuers": LISTS,
    "ignore": LISTS,
    "staged": LISTS,
    "pools": LISTS,
    "overrides": LISTS,
    "limits": ({},),
    "backend": ({},),
}
"""What of each argument is the same as leaving it out. All else that is empty is refused."""
CELLS = [(name, empty) for name in ZoneArgs.__annotations__ for empty in EMPTY]
PLAIN: dict[str, Any] = {"domain": "shop.example"}


def asked(args: dict[str, Any]) -> ZoneSpec:
    """What `check` reads of what the program asks for."""
    (target,) = zone.targets_of(args, zone.inputs_of(args)).values()
    return ZoneSpec.from_inputs(said(target), Settings())


@pytest.mark.parametrize(("name", "empty"), CELLS, ids=str)
def test_what_is_empty_is_as_if_it_were_left_out_or_refused_by_name(name: str, empty: Any) -> None:
    args = {**PLAIN, name: empty}
    if any(type(empty) is type(same) for same in SAME.get(name, ())):
        assert asked(args) == asked(PLAIN)
        return
    with pytest.raises(SophiaError) as caught:
        asked(args)
    assert caught.value.field == name
    assert str(caught.value).startswith(name)


BACKENDS: dict[str, dict[str, Any]] = {
    "file": {"path": "/zones/db"},
    "rfc2136": {"kind": "rfc2136", "server": "192.0.2.1"},
    "cloudflare": {"kind": "cloudflare", "account_id": "a" * 32},
    "namecheap": {"kind": "namecheap", "username": "u", "client_ip": "192.0.2.1"},
}
SAME_OF_BACKENDS = {("rfc2136", "view"): "", ("rfc2136", "key_name"): "", ("cloudflare", "proxied"): []}


@pytest.mark.parametrize("empty", ["", [], {}], ids=repr)
@pytest.mark.parametrize("kind", BACKENDS)
def test_no_empty_setting_of_a_backend_chooses_another_place(kind: str, empty: Any) -> None:
    settings = BACKENDS[kind]
    for name in ZoneBackendArgs.__annotations__:
        if SAME_OF_BACKENDS.get((kind, name)) == empty:
            assert open_backend({**settings, name: empty}, "shop.example") == open_backend(settings, "shop.example")
            continue
        with pytest.raises(SophiaError) as caught:
            open_backend({**settings, name: empty}, "shop.example")
        assert caught.value.field == f"backend.{name}"


@pytest.mark.parametrize("empty", ["", [], 0], ids=repr)
def test_the_limits_of_a_backend_are_a_mapping(empty: Any) -> None:
    args = {**PLAIN, "backends": {"inside": {"path": "/zones/a", "limits": empty}}}
    with pytest.raises(ArgumentError) as caught:
        asked(args)
    assert caught.value.field == "backends.inside.limits"


def test_an_empty_journal_is_no_other_journal() -> None:
    with pytest.raises(SettingError) as caught:
        journal({"sophia:journal": ""}.get)
    assert (caught.value.field, caught.value.value) == ("sophia:journal", "")
