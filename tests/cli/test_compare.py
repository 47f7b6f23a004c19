import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import CLEAN, Ran, Sophia, Write, spawn
from tests.support import knot

ORIGIN = ("--origin", "shop.example")
CUT = "eu NS ns.eu\nns.eu A 192.0.2.80\n"
RICH = CLEAN + CUT + '* A 192.0.2.9\nlong TXT "' + '" "'.join("x" * 250 for _ in range(8)) + '"\nb\\.c A 192.0.2.7\n'


@pytest.fixture
def compare(sophia: Sophia, write: Write) -> Sophia:
    def run(desired: str, live: str, *options: str) -> Ran:
        files = write("desired.zone", desired), write("live.zone", live)
        return sophia("zone", "compare", files[0], "--live", files[1], *ORIGIN, *options)

    return run


def test_equal_zones_exit_with_0(compare: Sophia) -> None:
    ran = compare(CLEAN, CLEAN.replace("2026112301", "7"))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("live.zone: equal; 8 record sets asked for\n")
    found = compare(CLEAN, CLEAN, "--json").json("zone-compare")
    assert (found["equal"], found["checked"], found["asked_for"]) == (True, "zone", 8)


def test_each_way_to_differ_is_shown_and_exits_with_1(compare: Sophia) -> None:
    live = CLEAN.replace("www CNAME @\n", "old A 192.0.2.3\n").replace("192.0.2.25", "192.0.2.26")
    ran = compare(CLEAN, live)
    assert ran.code == 1
    assert ran.out.splitlines()[:-1] == [
        "~ mail A",
        "  - 3600 192.0.2.26",
        "  + 3600 192.0.2.25",
        "- old 3600 A 192.0.2.3",
        "+ www 3600 CNAME shop.example.",
    ]
    assert ran.out.endswith("live.zone: 1 missing, 1 different, 1 live and not asked for; 8 record sets asked for\n")
    found = compare(CLEAN, live, "--json").json("zone-compare")
    sides = found["live"][0]
    assert [found["equal"], *(len(sides[name]) for name in ("missing", "different", "extra"))] == [False, 1, 1, 1]
    assert sides["different"][0] == {
        "subject": "mail A",
        "live": [{"ttl": 3600, "rdata": "192.0.2.26"}],
        "asked_for": [{"ttl": 3600, "rdata": "192.0.2.25"}],
    }


def test_a_ttl_alone_is_a_difference(compare: Sophia) -> None:
    assert compare(CLEAN, CLEAN.replace("www CNAME", "www 60 CNAME")).code == 1


def test_what_the_desired_zone_leaves_to_its_server_is_not_compared(compare: Sophia) -> None:
    bare = "".join(line for line in CLEAN.splitlines(True) if "SOA" not in line and " NS " not in line)
    assert compare(bare, CLEAN).code == 0
    assert compare(CLEAN, bare).code == 1


def test_ignored_records_count_on_neither_side(compare: Sophia) -> None:
    live = CLEAN + '_acme-challenge TXT "token"\n'
    assert compare(CLEAN, live).code == 1
    assert compare(CLEAN, live, "--ignore", "_acme-challenge TXT").code == 0
    assert compare(live, CLEAN, "--ignore", "_acme-challenge TXT tok*", "--ignore", '** TXT "token"').code == 0


@pytest.mark.parametrize("broken", [("bad A 1.2.3\n", ""), ("", "bad A 1.2.3\n")])
def test_an_unreadable_side_exits_with_2_and_shows_no_comparison(compare: Sophia, broken: tuple[str, str]) -> None:
    ran = compare(CLEAN + broken[0], CLEAN + broken[1], "--json")
    assert ran.code == 2
    assert ran.json("error")["error"]["problems"][0]["code"] == "address-invalid"


@pytest.mark.parametrize("sides", [(), ("--live", "x", "--server", "127.0.0.1"), ("--live", "x", "--backend", "file")])
def test_there_must_be_one_live_side(sophia: Sophia, write: Write, sides: tuple[str, ...]) -> None:
    ran = sophia("zone", "compare", write("z", CLEAN), *ORIGIN, *sides)
    assert ran.code == 2
    assert "one of --live FILE, --server HOST or --backend KIND" in ran.err


def test_standard_input_serves_one_side_only(write: Write) -> None:
    zone = write("z", CLEAN)
    assert spawn("zone", "compare", zone, *ORIGIN, "--live", "-", stdin=CLEAN.encode()).code == 0
    assert "only one of" in spawn("zone", "compare", "-", *ORIGIN, "--live", "-", stdin=CLEAN.encode()).err


def test_a_backend_may_be_the_live_side(sophia: Sophia, write: Write, tmp_path: Path) -> None:
    desired, live = write("z", CLEAN), write("live", CLEAN + "more A 192.0.2.8\n")
    options = ("--backend", "file", "--setting", f"path={live}")
    ran = sophia("zone", "compare", desired, *ORIGIN, *options)
    assert ran.code == 1
    assert ran.out.splitlines()[0] == "- more 3600 A 192.0.2.8"
    assert ran.out.splitlines()[1].startswith(f"{live}: 1 live and not asked for")
    assert sophia("zone", "compare", live, *ORIGIN, *options, "--json").json("zone-compare")["equal"] is True


@pytest.mark.parametrize("option", ["--port=0", "--port=x", "--timeout=0", "--timeout=soon"])
def test_a_number_out_of_range_is_wrong_usage(sophia: Sophia, option: str) -> None:
    assert sophia("zone", "compare", "z", *ORIGIN, "--server", "127.0.0.1", option).code == 2


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[knot.Knot]:
    if not knot.installed():
        pytest.skip("Knot is not installed: apt-get install knot knot-dnsutils")
    folder = tmp_path_factory.mktemp("knot")
    (folder / "db").write_text("$ORIGIN shop.example.\n" + RICH)
    with knot.running("shop.example", folder / "db", folder / "run") as server:
        yield server


def asked(sophia: Sophia, server: knot.Knot, desired: str, *options: str) -> Ran:
    return sophia("zone", "compare", desired, *ORIGIN, "--server", "127.0.0.1", "--port", str(server.port), *options)


def test_a_name_server_is_asked_set_by_set_over_udp_and_tcp(sophia: Sophia, write: Write, served: knot.Knot) -> None:
    ran = asked(sophia, served, write("z", RICH))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == f"127.0.0.1 port {served.port}: equal; 13 record sets asked for"
    assert "only what is asked for was checked" in ran.out


def test_what_a_name_server_lacks_or_has_otherwise_is_shown(sophia: Sophia, write: Write, served: knot.Knot) -> None:
    desired = RICH.replace("192.0.2.80", "192.0.2.81") + "x.mail A 192.0.2.5\n@ 60 CAA 0 issue ca.example\n"
    ran = asked(sophia, served, write("z", desired), "--json")
    assert ran.code == 1
    found = ran.json("zone-compare")
    assert found["checked"] == "asked"
    assert [one["subject"] for one in found["live"][0]["missing"]] == ["@ CAA", "x.mail A"]
    assert [one["subject"] for one in found["live"][0]["different"]] == ["ns.eu A"]
    assert found["live"][0]["extra"] == []


def test_an_address_without_a_route_gives_way_to_the_next(
    sophia: Sophia, write: Write, served: knot.Knot, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = socket.getaddrinfo("127.0.0.1", served.port, type=socket.SOCK_DGRAM)
    unreachable = [(*one[:4], ("255.255.255.255", served.port)) for one in found]  # refused to all but broadcasters
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [*unreachable, *found])
    assert asked(sophia, served, write("z", RICH)).code == 0


def test_every_server_is_compared(sophia: Sophia, write: Write, served: knot.Knot) -> None:
    ran = asked(sophia, served, write("z", RICH), "--server", "localhost", "--json")
    assert [one["place"] for one in ran.json("zone-compare")["live"]] == [
        f"{host} port {served.port}" for host in ("127.0.0.1", "localhost")
    ]


def test_a_server_of_another_zone_is_an_error(sophia: Sophia, write: Write, served: knot.Knot) -> None:
    zone = write("z", "@ 60 A 192.0.2.1\n")
    ran = sophia(
        "zone", "compare", zone, "--origin", "other.example", "--server", "127.0.0.1", "--port", str(served.port)
    )
    assert ran.code == 2
    assert "REFUSED; ask a server of the zone other.example." in ran.err


def test_a_server_that_does_not_answer_is_an_error_that_names_it(sophia: Sophia, write: Write) -> None:
    zone = write("z", "@ 60 A 192.0.2.1\n")
    ran = sophia("zone", "compare", zone, *ORIGIN, "--server", "127.0.0.1", "--port", "1", "--timeout", "0.2")
    assert ran.code == 2
    assert "127.0.0.1 port 1 does not answer @ A" in ran.err
    ran = sophia("zone", "compare", zone, *ORIGIN, "--server", "no.such.host.invalid")
    assert "there is no name server 'no.such.host.invalid'" in ran.err
