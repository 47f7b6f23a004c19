"""A delete takes away what was judged, or nothing."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advised import BeyondLimitsError
from sophia_infra.changes import Changes, Limits
from sophia_infra.dns.backends import BaseMovedError, Live, base_of
from sophia_infra.dns.backends.base import Decide
from sophia_infra.dns.lifecycle.apply import apply
from sophia_infra.dns.lifecycle.delete import delete
from sophia_infra.dns.lifecycle.departure import VARIABLE, RemovalError
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.state import ZoneState
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from tests.support.refusals import refused

FRAME = "@ 60 SOA ns.x. h.x. 1 2 3 4 5\n@ 60 NS ns1.x.\n@ 60 NS ns2.x.\n"
STALL = "stall 60 A 192.0.2.7\n"


@dataclass
class Home:
    """A zone that somebody else may change between what is read and what is written."""

    text: str
    meanwhile: dict[str, str] = field(default_factory=dict)
    removed: bool = False
    location: str = "here"

    def read(self) -> Live:
        return Live(self.text, 1)

    def normalize(self, zone: str, live: Live) -> str:
        return zone

    def apply(self, decide: Decide) -> Live:
        for old, new in self.meanwhile.items():
            self.text = self.text.replace(old, new)
        self.text = decide(Live(self.text, 1))
        return Live(self.text, 2)

    def remove(self) -> None:
        self.removed = True


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, "always")
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))


def take_away(zone: Home, tmp_path: Path, **asked: Any) -> None:
    props = {"domain": "shop.example", "text": STALL, "label": "shop", "backend": {}, **asked}
    spec = ZoneSpec.from_inputs(props, Settings(limits=Limits()))
    delete(spec, ZoneState.from_inputs(props), Journal.open(tmp_path), zone)


def test_a_part_goes_and_what_others_changed_meanwhile_stays(tmp_path: Path) -> None:
    zone = Home(FRAME + "mail 60 A 192.0.2.3\n" + STALL, {"192.0.2.3": "192.0.2.4"})
    take_away(zone, tmp_path, manage=["stall"])
    assert zone.text == FRAME + "mail 60 A 192.0.2.4\n"


def test_a_part_that_changed_after_it_was_judged_does_not_go(tmp_path: Path) -> None:
    zone = Home(FRAME + STALL, {"192.0.2.7": "192.0.2.8"})
    with pytest.raises(BaseMovedError):
        take_away(zone, tmp_path, manage=["stall"])
    assert "stall 60 A 192.0.2.8" in zone.text


def test_the_last_part_of_a_zone_may_go_unless_much_hangs_on_it(tmp_path: Path) -> None:
    zone = Home(FRAME + STALL)
    take_away(zone, tmp_path, manage=["stall"])
    assert zone.text == FRAME
    site = Home(FRAME + STALL.replace("stall", "www"))
    with refused(BeyondLimitsError, field="max_exposure", subject="www A", value="critical"):
        take_away(site, tmp_path, manage=["www"])
    assert "www" in site.text


def test_a_protected_set_of_a_whole_zone_stops_it_be_it_the_name_servers(tmp_path: Path) -> None:
    zone = Home(FRAME + STALL)
    with refused(BeyondLimitsError, subject="@ NS", says="critical @ NS delete: protected"):
        take_away(zone, tmp_path, protect=["@ NS"])
    assert not zone.removed
    take_away(zone, tmp_path, protect=["@ MX"])
    assert zone.removed


def test_whether_a_zone_is_gone_is_the_backend_s_to_say(tmp_path: Path) -> None:
    zone = Home("")
    take_away(zone, tmp_path, protect=["stall"])
    assert zone.removed


def test_a_part_of_a_zone_that_is_gone_is_gone(tmp_path: Path) -> None:
    take_away(Home(""), tmp_path, protect=["stall"], manage=["stall"])


@pytest.mark.parametrize("manage", [None, ["stall"]])
@pytest.mark.parametrize(
    ("found", "then"),
    [(FRAME + STALL, {}), (FRAME, {"192.0.2.7": "192.0.2.8"})],
    ids=["never wrote it", "is not the last to have written it"],
)
def test_a_home_that_can_not_say_who_wrote_goes_by_what_the_stack_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: str, then: dict[str, str], manage: list[str] | None
) -> None:
    monkeypatch.delenv(VARIABLE)
    zone, journal = Home(found), Journal.open(tmp_path)
    props: dict[str, Any] = {"domain": "shop.example", "text": FRAME + STALL, "label": "shop", "backend": {}}
    props |= {"stack": "one/test"} | ({"manage": manage, "text": STALL} if manage else {})
    own = "" if found == FRAME else STALL
    props["changes"] = replace(Changes(), base=base_of(own if manage else found)).as_inputs()
    props |= apply(ZoneState.from_inputs(props), ZoneState(), journal, zone)
    for old, new in then.items():
        zone.text = zone.text.replace(old, new)
    live = zone.text
    with refused(RemovalError, "written-by-another", says="somebody else did"):
        delete(ZoneSpec.from_inputs(props, Settings()), ZoneState.from_inputs(props), journal, zone)
    assert (zone.text, zone.removed) == (live, False)
