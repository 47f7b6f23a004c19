from sophia_infra.dns.desired.apex import missing_apex
from sophia_infra.dns.rr.record import Record

LIVE = "@ 3600 SOA ns1.live. admin.live. 42 7200 900 1209600 300\n@ 3600 NS ns1.live.\n@ 3600 NS ns2.live.\n"
OWN = "@ 60 SOA ns.own. admin.own. 0 1 2 3 4\n@ 60 NS ns.own.\nwww 60 A 192.0.2.1\n"


def frame(text: str, live: str = "", servers: tuple[str, ...] = (), asked: tuple[str, ...] = ()) -> list[str]:
    return [str(record) for record in missing_apex(text, asked, live, servers, "shop.example")]


def test_a_zone_with_its_own_frame_needs_nothing() -> None:
    assert frame(OWN, LIVE, ("ns.else.",)) == []


def test_what_is_left_out_is_taken_over_from_the_live_zone_without_its_serial() -> None:
    assert frame("www 60 A 192.0.2.1\n", LIVE) == [
        "@ 3600 NS ns1.live.",
        "@ 3600 NS ns2.live.",
        "@ 3600 SOA ns1.live. admin.live. 0 7200 900 1209600 300",
    ]


def test_name_servers_that_are_asked_for_stand_above_the_live_ones() -> None:
    assert frame("", LIVE, ("ns.asked.",))[0] == "@ 3600 NS ns.asked."


def test_a_new_zone_gets_a_frame_that_loads() -> None:
    made = [Record(*line.split(" ", 3)) for line in frame("www 60 A 192.0.2.1\n")]  # type: ignore[arg-type]  # the TTL stays text here
    assert [(record.type, record.rdata.split()[0]) for record in made] == [("NS", "localhost."), ("SOA", "localhost.")]


def test_name_servers_that_come_later_are_not_made_up_now() -> None:
    assert not any(" NS " in line for line in frame("", LIVE, asked=("@ NS",)))
