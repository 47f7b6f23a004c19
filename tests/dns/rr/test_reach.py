"""Both the weighing of changes and the rules over zones go by what is said here of an address."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia_infra.changes import Exposure
from sophia_infra.dns.lint.linter import lint
from sophia_infra.dns.rr.reach import Reach, reach_of, reach_of_any
from sophia_infra.dns.rr.record import Record
from tests.dns.exposure.cases import moved
from tests.dns.exposure.shop import FRAME

REACHES = {
    Reach.PUBLIC: "8.8.8.8 1.0.0.1 172.32.0.1 100.128.0.1 192.88.99.1 198.20.0.1 203.0.114.1 2606:4700::1111 2002::1 "
    "2001::1 64:ff9b::808:808 3fff:1000::1",
    Reach.DOCUMENTATION: "192.0.2.1 198.51.100.1 203.0.113.255 2001:db8::1 3fff:fff::1",
    Reach.PRIVATE: "10.1.2.3 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1 100.127.255.255 198.18.0.1 198.19.0.1 "
    "fc00::1 fd12::1 fec0::1 64:ff9b:1::1",
    Reach.LOOPBACK: "127.0.0.1 127.0.0.2 ::1",
    Reach.NOWHERE: "0.0.0.0 0.1.2.3 169.254.1.1 192.0.0.1 192.0.0.170 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: "
    "::2 ::808:808 ::ffff:808:808 fe80::1 ff02::1 ff0e::1 100::1 4000::1",
}
CASES = [(address, reach) for reach, addresses in REACHES.items() for address in addresses.split()]


@pytest.mark.parametrize(("address", "reach"), CASES)
def test_an_address_is_reached_from_where_its_registry_says(address: str, reach: Reach) -> None:
    assert reach_of(address) is reach


@given(
    st.one_of(
        st.ip_addresses(v=4),
        st.ip_addresses(v=6),
        *(st.ip_addresses(network=net) for net in ("192.0.0.0/22", "198.16.0.0/14", "203.0.112.0/22", "2001::/22")),
        *(st.ip_addresses(network=net) for net in ("2001:db8::/31", "2002::/15", "3fff::/19", "100::/63", "::/94")),
    )
)
def test_the_quick_way_says_what_the_whole_address_says(address: IPv4Address | IPv6Address) -> None:
    assert reach_of(str(address)) is reach_of_any(str(address))


@pytest.mark.parametrize("target", ["8.example.", "2001.example.", "www.shop.example."])
def test_the_target_of_an_alias_is_no_address(target: str) -> None:
    assert reach_of(target) is None


@pytest.mark.parametrize(("address", "reach"), CASES)
def test_what_weighs_and_what_is_found_agree(address: str, reach: Reach) -> None:
    kind = "AAAA" if ":" in address else "A"
    records = [Record("@", 300, "A", "8.8.8.8"), Record("host", 300, kind, address)]
    codes = {finding.code for finding in lint(records, "shop.com")}
    told = {code for code in codes if code.startswith("address-")}
    expected = {
        Reach.DOCUMENTATION: {"address-documentation"},
        Reach.PRIVATE: {"address-private"},
        Reach.LOOPBACK: set() if address == "127.0.0.2" else {"address-loopback"},
        Reach.NOWHERE: {"address-unusable"},
    }
    assert told == expected.get(reach, set())


@pytest.mark.parametrize(("address", "reach"), CASES)
def test_the_domain_is_not_moved_to_where_nobody_reaches_it(address: str, reach: Reach) -> None:
    kind, public = ("AAAA", "2606:4700::1") if ":" in address else ("A", "8.8.8.8")
    rest = {line for line in FRAME if not line.startswith("@ 300 ")}
    told = moved(rest | {f"@ 300 {kind} {public}"}, rest | {f"@ 300 {kind} {address}"})
    lost = any("no address that anyone could reach" in reason for reason in told.reasons)
    assert lost is (reach is not Reach.PUBLIC)
    assert told.exposure is (Exposure.CRITICAL if lost else Exposure.HIGH if address != public else Exposure.NONE)
