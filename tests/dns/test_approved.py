from sophia_infra.advice.model import Edit
from sophia_infra.dns.approved import as_input, carried, with_edits

TEXT = "@ 3600 NS ns1.example.\nmail 300 CNAME host.shop.example.\nwww 300 A 192.0.2.1\n"
FIX = Edit("replace", "www A", "www 300 A 192.0.2.1", "www 300 A 192.0.2.2", "proposed", "moved")


def test_an_approved_edit_changes_its_record_and_no_other() -> None:
    text, (edit,) = with_edits(TEXT, [FIX], "shop.example")
    assert text == TEXT.replace("192.0.2.1", "192.0.2.2")
    assert edit.state == "applied"


def test_an_edit_may_remove_a_record() -> None:
    remove = Edit("remove", "www A", "www 300 A 192.0.2.1", "", "proposed", "")
    text, _ = with_edits(TEXT, [remove], "shop.example")
    assert text == "@ 3600 NS ns1.example.\nmail 300 CNAME host.shop.example.\n"


def test_an_edit_that_only_adds_is_never_applied_since_nothing_would_end_it() -> None:
    add = Edit("add", "@ CAA", "", '@ 300 CAA 0 issue "ca.example"', "proposed", "")
    text, (edit,) = with_edits(TEXT, [add], "shop.example")
    assert (text, edit.state) == (TEXT, "rejected")


def test_an_edit_whose_record_the_program_no_longer_asks_for_is_rejected() -> None:
    mended = TEXT.replace("192.0.2.1", "192.0.2.9")
    text, (edit,) = with_edits(mended, [FIX], "shop.example")
    assert (text, edit.state) == (mended, "rejected")


def test_an_edit_that_no_name_server_would_load_is_rejected_and_the_next_one_still_applies() -> None:
    clash = Edit("replace", "www A", "www 300 A 192.0.2.1", "mail 300 A 192.0.2.3", "proposed", "")
    text, (first, second) = with_edits(TEXT, [clash, FIX], "shop.example")
    assert (first.state, second.state) == ("rejected", "applied")
    assert "mail 300 A" not in text


def test_only_applied_edits_are_carried_to_the_next_run() -> None:
    _, done = with_edits(TEXT, [FIX, FIX], "shop.example")
    assert [edit.state for edit in done] == ["applied", "rejected"]
    assert carried({"edits": as_input(done)}) == done[:1]
    assert carried({}) == []
