"""Where a record for a name stands, by what holds in our zones and elsewhere."""

import pytest

from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.probes.addresses import Answer
from sophia_infra.tls.challenges.places import Place, place_of
from sophia_infra.tls.issuers import IssuerError
from tests.support.refusals import refused
from tests.support.zone_text import canonical

ZONES = {
    "shop.example": (
        "@ 300 A 192.0.2.1",
        "* 300 CNAME www.elsewhere.example.",
        "_acme-challenge.in 300 CNAME Of.shop.example.",
        "_acme-challenge.out 300 CNAME a.proofs.example.",
        "_acme-challenge.lost 300 CNAME a.elsewhere.example.",
        "_acme-challenge.back 300 CNAME back.elsewhere.example.",
        "_acme-challenge.ring 300 CNAME ring.shop.example.",
        "ring 300 CNAME _acme-challenge.ring.shop.example.",
        "_acme-challenge.cut 300 NS ns.elsewhere.example.",
        "_acme-challenge.ours 300 NS ns.elsewhere.example.",
        "dept 300 NS ns.elsewhere.example.",
    ),
    "_acme-challenge.ours.shop.example": (),
    "proofs.example": ('a 300 TXT "others\'"',),
}
ELSEWHERE = {
    "back.elsewhere.example.": Answer(chain=("hop.elsewhere.example.", "b.proofs.example.")),
    "a.elsewhere.example.": Answer(why="there is no such name"),
}


def found(name: str) -> Place:
    def names_of(zone: str) -> LazyNames:
        return LazyNames(canonical("\n".join(ZONES[zone]), zone), zone)

    return place_of(f"_acme-challenge.{name}", ZONES, names_of, lambda name: ELSEWHERE.get(name, Answer()))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("shop.example", Place("shop.example", "_acme-challenge")),
        ("www.shop.example", Place("shop.example", "_acme-challenge.www")),
        ("in.shop.example", Place("shop.example", "of")),
        ("out.shop.example", Place("proofs.example", "a")),
        ("back.shop.example", Place("proofs.example", "b")),
        ("ours.shop.example", Place("_acme-challenge.ours.shop.example", "@")),
    ],
)
def test_the_nearest_zone_of_ours_behind_all_aliases_is_found(name: str, place: Place) -> None:
    assert found(name) == place


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lost.shop.example", "leads to 'a.elsewhere.example'.*there is no such name"),
        ("other.example", "no alias stands there"),
        ("ring.shop.example", "its aliases go in a circle"),
        ("cut.shop.example", "_acme-challenge.cut in shop.example is handed on"),
        ("www.dept.shop.example", "dept in shop.example is handed on"),
    ],
)
def test_a_name_that_leads_out_of_our_zones_is_refused_with_what_to_do(name: str, why: str) -> None:
    subject = f"_acme-challenge.{name}"
    with refused(IssuerError, "challenge", field="challenge.zones", subject=subject, says=why) as told:
        found(name)
    assert f"let a CNAME at {subject} lead into one" in str(told.value)
