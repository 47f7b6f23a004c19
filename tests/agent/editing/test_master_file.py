"""A master file is changed where the change is, and nowhere else: what people wrote around it stays to the octet."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia_infra.agent.editing import EditingError, master_file
from sophia_infra.agent.operations import AddRecords, Operation, RemoveRecords, SetRecords, SetTtl
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


def changed(*operations: Operation, text: str = TEXT, file: Path = Path("shop.example.zone")) -> str:
    for operation in operations:
        text = master_file.changed(text, operation, lambda written: read_file(file, ZONE, text=written))
    return text


def differing(after: str, before: str = TEXT) -> tuple[list[str], list[str]]:
    """The lines that went, and those that came."""
    old, new = before.split("\n"), after.split("\n")
    return [line for line in old if line not in new], [line for line in new if line not in old]


@pytest.mark.parametrize(
    ("operation", "gone", "come"),
    [
        (
            SetRecords(ZONE, "@", "A", ("192.0.2.11",)),
            ["@        5m IN A     192.0.2.10"],
            ["@        5m IN A     192.0.2.11"],
        ),
        (
            SetRecords(ZONE, "www", "CNAME", ("cdn.example.",), 60),
            ["www      5m IN CNAME shop.example. ; for people"],
            ["www      60 IN CNAME cdn.example. ; for people"],
        ),
        (AddRecords(ZONE, "api", "A", ("192.0.2.22",)), [], ["api 300 IN A 192.0.2.22"]),
        (AddRecords(ZONE, "new", "TXT", ("hello there",)), [], ['new IN TXT "hello there"']),
        (RemoveRecords(ZONE, "api", "A", ("192.0.2.20",)), ["api      5m IN A     192.0.2.20"], []),
        (
            RemoveRecords(ZONE, "mail", "A"),
            ["mail        IN A     192.0.2.30", "            IN AAAA  2001:db8::30"],
            ["mail            IN AAAA  2001:db8::30"],
        ),
        (
            RemoveRecords(ZONE, "mail", "ANY"),
            ["mail        IN A     192.0.2.30", "            IN AAAA  2001:db8::30"],
            [],
        ),
        (
            SetTtl(ZONE, "mail", "AAAA", 60),
            ["            IN AAAA  2001:db8::30"],
            ["            60 IN AAAA  2001:db8::30"],
        ),
        (
            SetTtl(ZONE, "text", "TXT", 60),
            ['text        IN TXT   ( "one" ; first'],
            ['text        60 IN TXT   ( "one" ; first'],
        ),
        (
            AddRecords(ZONE, "db.in", "A", ("192.0.2.41",)),
            [],
            ["db.in.shop.example. 3600 IN A 192.0.2.41"],
        ),
    ],
    ids=lambda value: value.op if isinstance(value, Operation) else "",
)
def test_only_the_lines_of_the_set_change(operation: Operation, gone: list[str], come: list[str]) -> None:
    assert differing(changed(operation)) == (gone, come)


def test_an_entry_of_several_lines_is_rewritten_and_left_to_people_where_it_has_comments() -> None:
    operation, plain = SetRecords(ZONE, "text", "TXT", ("three",)), TEXT.replace(" ; first", "")
    assert changed(operation, text=plain).endswith('\ntext        IN TXT   "three"\n')
    with pytest.raises(EditingError) as refused:
        changed(operation)
    assert (refused.value.code, refused.value.value) == ("commented", 16)


def test_what_stands_there_already_changes_nothing() -> None:
    same = (SetRecords(ZONE, "@", "A", ("192.0.2.10",)), SetTtl(ZONE, "api", "A", 300))
    assert changed(*same) == TEXT


def test_line_ends_a_byte_order_mark_and_a_missing_last_newline_stay() -> None:
    text = "\ufeff" + TEXT.replace("\n", "\r\n").removesuffix("\r\n")
    after = changed(AddRecords(ZONE, "new", "A", ("192.0.2.50",)), SetTtl(ZONE, "@", "A", 60), text=text)
    assert after.startswith("\ufeff$TTL 1h\r\n")
    assert "@        60 IN A     192.0.2.10\r\n" in after
    assert after.endswith('"two" )\nnew IN A 192.0.2.50\r\n')


def test_a_record_of_an_included_file_or_of_generate_is_left_to_people(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("in1 IN A 192.0.2.60\n")
    file = tmp_path / "zone"
    text = f"{TEXT}$INCLUDE more\n$GENERATE 1-3 host$ A 192.0.2.$\n"
    file.write_text(text)
    for operation in (SetTtl(ZONE, "in1", "A", 60), RemoveRecords(ZONE, "host2", "A")):
        with pytest.raises(EditingError) as refused:
            changed(operation, text=text, file=file)
        assert refused.value.code == "not-editable"
    after = changed(AddRecords(ZONE, "new", "A", ("192.0.2.50",)), text=text, file=file)
    assert differing(after, text) == ([], ["new IN A 192.0.2.50"])


def test_a_change_that_no_name_server_would_load_is_refused() -> None:
    with pytest.raises(ZoneTextError) as refused:
        changed(AddRecords(ZONE, "www", "A", ("192.0.2.9",)))
    assert refused.value.problems[0].code == "cname-and-other-data"


def test_a_removal_that_would_give_others_its_ttl_is_refused_as_entangled() -> None:
    text = "@ 300 IN NS ns1.dns.example.\n  IN A 192.0.2.1\n"  # without $TTL, the last TTL counts on (RFC 1035)
    with pytest.raises(EditingError) as refused:
        changed(RemoveRecords(ZONE, "@", "NS"), text=text)
    assert refused.value.code == "entangled"


@pytest.mark.parametrize("operation", [SetTtl(ZONE, "no", "A", 60), RemoveRecords(ZONE, "api", "A", ("192.0.2.99",))])
def test_what_is_not_there_can_not_be_changed(operation: Operation) -> None:
    with pytest.raises(EditingError) as refused:
        changed(operation)
    assert refused.value.code == "not-there"


NAMES = st.sampled_from(["@", "www", "api", "mail", "db.in", "new", "deep.new"])
ADDRESSES = st.lists(st.integers(1, 250).map(lambda last: f"192.0.2.{last}"), min_size=1, max_size=3, unique=True)


@given(NAMES, ADDRESSES, st.none() | st.integers(0, 9999))
def test_any_set_of_addresses_is_there_afterwards_and_comments_and_directives_stay(
    owner: str, values: list[str], ttl: int | None
) -> None:
    if owner == "www":  # a CNAME stands there
        return
    after = changed(SetRecords(ZONE, owner, "A", tuple(values), ttl))
    reading = read_file("shop.example.zone", ZONE, text=after)
    found = [record for record in reading.sound() if record.subject == f"{owner} A"]
    assert {record.rdata for record in found} == set(values)
    assert ttl is None or {record.ttl for record in found} == {ttl}
    kept = [line for line in TEXT.split("\n") if " A " not in line]
    assert [line for line in after.split("\n") if line in kept] == kept
