"""A master file is changed where the change is, and nowhere else: what people wrote around it stays to the octet."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia_infra.changes import EditingError
from sophia_infra.dns.editing import DeclaredZone
from sophia_infra.dns.files import read_file
from sophia_infra.dns.reader import ZoneTextError

ZONE = "shop.example"
TEXT = """\
$TTL 1h
; who serves it
@           IN NS    ns1.dns.example.
            IN NS    ns2.dns.example. ; the second

; web
@        5m IN A     192.0.2.10
www      5m IN CNAME shop.example. ; for people
api      5m IN A     192.0.2.20
api      5m IN A     192.0.2.21
$ORIGIN in.shop.example.
db          IN A     192.0.2.40
$ORIGIN shop.example.
mail        IN A     192.0.2.30
            IN AAAA  2001:db8::30
text        IN TXT   ( "one" ; first
                       "two" )
"""


Change = Callable[[DeclaredZone], DeclaredZone]


def changed(*changes: Change, text: str = TEXT, file: Path = Path("shop.example.zone")) -> str:
    zone = DeclaredZone(text, ZONE, lambda written: read_file(file, ZONE, text=written))
    for change in changes:
        zone = change(zone)
    return zone.text


def put(owner: str, rtype: str, *values: str, ttl: int | None = None) -> Change:
    return lambda zone: zone.with_records(owner, rtype, values, ttl)


def add(owner: str, rtype: str, *values: str) -> Change:
    return lambda zone: zone.with_records(owner, rtype, values, stay=True)


def remove(owner: str, rtype: str, *values: str) -> Change:
    return lambda zone: zone.without(owner, rtype, values)


def ttl(owner: str, rtype: str, seconds: int) -> Change:
    return lambda zone: zone.with_ttl(owner, rtype, seconds)


def differing(after: str, before: str = TEXT) -> tuple[list[str], list[str]]:
    """The lines that went, and those that came."""
    old, new = before.split("\n"), after.split("\n")
    return [line for line in old if line not in new], [line for line in new if line not in old]


@pytest.mark.parametrize(
    ("change", "gone", "come"),
    [
        (
            put("@", "A", "192.0.2.11"),
            ["@        5m IN A     192.0.2.10"],
            ["@        5m IN A     192.0.2.11"],
        ),
        (
            put("www", "CNAME", "cdn.example.", ttl=60),
            ["www      5m IN CNAME shop.example. ; for people"],
            ["www      60 IN CNAME cdn.example. ; for people"],
        ),
        (add("api", "A", "192.0.2.22"), [], ["api 300 IN A 192.0.2.22"]),
        (add("new", "TXT", "hello there"), [], ['new IN TXT "hello there"']),
        (remove("api", "A", "192.0.2.20"), ["api      5m IN A     192.0.2.20"], []),
        (
            remove("mail", "A"),
            ["mail        IN A     192.0.2.30", "            IN AAAA  2001:db8::30"],
            ["mail            IN AAAA  2001:db8::30"],
        ),
        (
            lambda zone: zone.without_name("mail"),
            ["mail        IN A     192.0.2.30", "            IN AAAA  2001:db8::30"],
            [],
        ),
        (
            ttl("mail", "AAAA", 60),
            ["            IN AAAA  2001:db8::30"],
            ["            60 IN AAAA  2001:db8::30"],
        ),
        (
            ttl("text", "TXT", 60),
            ['text        IN TXT   ( "one" ; first'],
            ['text        60 IN TXT   ( "one" ; first'],
        ),
        (
            add("db.in", "A", "192.0.2.41"),
            [],
            ["db.in.shop.example. 3600 IN A 192.0.2.41"],
        ),
    ],
)
def test_only_the_lines_of_the_set_change(change: Change, gone: list[str], come: list[str]) -> None:
    assert differing(changed(change)) == (gone, come)


def test_an_entry_of_several_lines_is_rewritten_and_left_to_people_where_it_has_comments() -> None:
    change, plain = put("text", "TXT", "three"), TEXT.replace(" ; first", "")
    assert changed(change, text=plain).endswith('\ntext        IN TXT   "three"\n')
    with pytest.raises(EditingError) as refused:
        changed(change)
    assert (refused.value.code, refused.value.value) == ("commented", 16)


def test_what_stands_there_already_changes_nothing() -> None:
    same = (put("@", "A", "192.0.2.10"), ttl("api", "A", 300))
    assert changed(*same) == TEXT


def test_line_ends_a_byte_order_mark_and_a_missing_last_newline_stay() -> None:
    text = "\ufeff" + TEXT.replace("\n", "\r\n").removesuffix("\r\n")
    after = changed(add("new", "A", "192.0.2.50"), ttl("@", "A", 60), text=text)
    assert after.startswith("\ufeff$TTL 1h\r\n")
    assert "@        60 IN A     192.0.2.10\r\n" in after
    assert after.endswith('"two" )\nnew IN A 192.0.2.50\r\n')


def test_a_record_of_an_included_file_or_of_generate_is_left_to_people(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("in1 IN A 192.0.2.60\n")
    file = tmp_path / "zone"
    text = f"{TEXT}$INCLUDE more\n$GENERATE 1-3 host$ A 192.0.2.$\n"
    file.write_text(text)
    for change in (ttl("in1", "A", 60), remove("host2", "A")):
        with pytest.raises(EditingError) as refused:
            changed(change, text=text, file=file)
        assert refused.value.code == "not-editable"
    after = changed(add("new", "A", "192.0.2.50"), text=text, file=file)
    assert differing(after, text) == ([], ["new IN A 192.0.2.50"])


def test_a_change_that_no_name_server_would_load_is_refused() -> None:
    with pytest.raises(ZoneTextError) as refused:
        changed(add("www", "A", "192.0.2.9"))
    assert refused.value.problems[0].code == "cname-and-other-data"


def test_a_removal_that_would_give_others_its_ttl_is_refused_as_entangled() -> None:
    text = "@ 300 IN NS ns1.dns.example.\n  IN A 192.0.2.1\n"  # without $TTL, the last TTL counts on (RFC 1035)
    with pytest.raises(EditingError) as refused:
        changed(remove("@", "NS"), text=text)
    assert refused.value.code == "entangled"


@pytest.mark.parametrize("change", [ttl("no", "A", 60), remove("api", "A", "192.0.2.99")])
def test_what_is_not_there_can_not_be_changed(change: Change) -> None:
    with pytest.raises(EditingError) as refused:
        changed(change)
    assert refused.value.code == "not-there"


NAMES = st.sampled_from(["@", "www", "api", "mail", "db.in", "new", "deep.new"])
ADDRESSES = st.lists(st.integers(1, 250).map(lambda last: f"192.0.2.{last}"), min_size=1, max_size=3, unique=True)


@given(NAMES, ADDRESSES, st.none() | st.integers(0, 9999))
def test_any_set_of_addresses_is_there_afterwards_and_comments_and_directives_stay(
    owner: str, values: list[str], seconds: int | None
) -> None:
    if owner == "www":  # a CNAME stands there
        return
    after = changed(put(owner, "A", *values, ttl=seconds))
    reading = read_file("shop.example.zone", ZONE, text=after)
    found = [record for record in reading.sound() if record.subject == f"{owner} A"]
    assert {record.rdata for record in found} == set(values)
    assert seconds is None or {record.ttl for record in found} == {seconds}
    kept = [line for line in TEXT.split("\n") if " A " not in line]
    assert [line for line in after.split("\n") if line in kept] == kept
