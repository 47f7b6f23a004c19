from dataclasses import asdict, replace

import pytest

from sophia_infra import clock
from sophia_infra.advice.model import Edit
from sophia_infra.dns.backends import Live
from sophia_infra.dns.desired.desired import Desired, World
from sophia_infra.dns.desired.edits import with_approved
from sophia_infra.dns.edits import with_edits
from sophia_infra.dns.ownership import Part
from sophia_infra.dns.pools.publish import Published
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.staging.steps import Moment
from sophia_infra.dns.state import ZoneState

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


MX = "@ 300 MX 10 mail.shop.example."
WITH_MX = f"{MX}\n{TEXT}"
DMARC = '_dmarc 300 TXT "v=DMARC1; p=none"'
ADD = Edit("add", "_dmarc TXT", MX, f"{MX}\n{DMARC}", "proposed", "")


def test_an_edit_may_add_a_record_for_as_long_as_the_one_it_is_for_is_asked_for() -> None:
    assert ADD.lost == []
    assert ADD.new == [DMARC]
    text, (edit,) = with_edits(WITH_MX, [ADD], "shop.example")
    assert (text, edit.state) == (WITH_MX.replace("mail 300", f"{DMARC}\nmail 300"), "applied")
    text, (edit,) = with_edits(TEXT, [ADD], "shop.example")
    assert (text, edit.state) == (TEXT, "rejected")


@pytest.mark.parametrize("own", ['_dmarc 60 TXT "v=DMARC1; p=reject"', "_dmarc 300 CNAME dmarc.dns.example."])
def test_what_the_program_says_itself_ends_an_addition(own: str) -> None:
    text, (edit,) = with_edits(f"{WITH_MX}{own}\n", [ADD], "shop.example")
    assert (text, edit.state) == (f"{WITH_MX}{own}\n", "rejected")
    text, (edit,) = with_edits(WITH_MX, [ADD], "shop.example", taken=[" ".join(own.split(" ")[::2][:2])])
    assert (text, edit.state) == (WITH_MX, "rejected")


@pytest.mark.parametrize("ttl", ["60", "7200"])
def test_a_record_that_is_asked_for_with_another_ttl_is_edited_on_with_that(ttl: str) -> None:
    moved = TEXT.replace("www 300", f"www {ttl}")
    text, (edit,) = with_edits(moved, [FIX], "shop.example")
    assert (text, edit) == (moved.replace("192.0.2.1", "192.0.2.2"), replace(FIX, state="applied"))
    add = Edit("replace", "www A", "www 300 A 192.0.2.1", "www 300 CNAME web.example.", "proposed", "")
    text, _ = with_edits(moved, [add], "shop.example")
    assert text.endswith(f"www {ttl} CNAME web.example.\n")
    of_ttl = Edit("replace", "www A", "www 300 A 192.0.2.1", "www 3600 A 192.0.2.1", "proposed", "")
    assert with_edits(TEXT, [of_ttl], "shop.example")[1][0].state == "applied"
    assert with_edits(moved, [of_ttl], "shop.example")[1][0].state == "rejected"


SPF = '@ 300 TXT "v=spf1 mx ?all"'
WITH_SPF = Edit("add", "@ TXT", MX, f"{MX}\n{SPF}", "proposed", "")


def test_an_spf_record_stays_beside_texts_of_other_kinds_and_takes_their_ttl() -> None:
    asked = f'{MX}\n@ 60 TXT "verification=1"\n@ 60 TXT "verification=2"\n'
    text, (edit,) = with_edits(asked, [WITH_SPF], "shop.example")
    assert text.splitlines() == sorted([*asked.splitlines(), SPF.replace("300", "60")])
    assert edit.state == "applied"


@pytest.mark.parametrize("own", ["v=spf1 -all", "v=SPF1 a -all", "spf2.0/pra"])
def test_a_text_of_its_own_kind_ends_an_added_spf_record(own: str) -> None:
    assert with_edits(f'{MX}\n@ 60 TXT "{own}"\n', [WITH_SPF], "shop.example")[1][0].state == "rejected"
    taken = with_edits(f'{MX}\n@ 60 TXT "x"\n', [WITH_SPF], "shop.example", taken=["@ TXT"])
    assert taken[1][0].state == "rejected"


def test_an_edit_that_rests_on_an_absence_ends_with_it() -> None:
    drop = Edit("remove", "@ MX", MX, "", "proposed", "nobody is there", until="mail A\nmail AAAA")
    text, _ = with_edits(WITH_MX, [drop], "shop.example")
    assert text == TEXT
    text, (edit,) = with_edits(WITH_MX, [drop], "shop.example", taken=["mail AAAA"])
    assert (text, edit.state) == (WITH_MX, "rejected")


@pytest.mark.parametrize("is_first", [True, False])
def test_an_edit_ends_when_another_one_brings_what_it_misses(is_first: bool) -> None:
    drop = Edit("remove", "@ MX", MX, "", "proposed", "nobody is there", until="mail A\nmail AAAA")
    move = Edit("replace", "www A", "www 300 A 192.0.2.1", "mail 300 A 192.0.2.1", "proposed", "")
    asked = WITH_MX.replace("mail 300 CNAME host.shop.example.\n", "")
    text, done = with_edits(asked, [drop, move] if is_first else [move, drop], "shop.example")
    assert text == asked.replace("www 300", "mail 300")
    assert {edit.subject: edit.state for edit in done} == {"@ MX": "rejected", "www A": "applied"}
    clash = Edit("add", "@ MX", MX, f"{MX}\n@ 300 CNAME a.example.", "proposed", "")
    text, done = with_edits(asked, [clash, drop, move], "shop.example")
    assert text == asked.replace("www 300", "mail 300")
    assert [edit.state for edit in done] == ["rejected", "rejected", "applied"]


def test_an_edit_may_replace_records_of_several_sets_at_once() -> None:
    both = "mail 300 CNAME host.shop.example.\nwww 300 A 192.0.2.1"
    swap = Edit("replace", "mail CNAME", both, "mail 300 A 192.0.2.1\nwww 300 CNAME mail.shop.example.", "proposed", "")
    text, (edit,) = with_edits(TEXT, [swap], "shop.example")
    assert (text, edit.state) == (f"@ 3600 NS ns1.example.\n{swap.after}\n", "applied")
    text, (edit,) = with_edits(text, [swap], "shop.example")
    assert edit.state == "rejected"


def test_edits_that_move_records_into_one_new_set_all_apply() -> None:
    moves = [
        Edit("replace", "www A", f"www 300 A 192.0.2.{last}", f"web 300 A 192.0.2.{last}", "proposed", "")
        for last in (1, 2)
    ]
    text, done = with_edits(TEXT + "www 300 A 192.0.2.2\n", moves, "shop.example")
    assert text.endswith("web 300 A 192.0.2.1\nweb 300 A 192.0.2.2\n")
    assert [edit.state for edit in done] == ["applied", "applied"]


def test_an_edit_may_take_the_place_that_an_earlier_one_made_free() -> None:
    remove = Edit("remove", "mail CNAME", "mail 300 CNAME host.shop.example.", "", "proposed", "")
    move = Edit("replace", "www A", "www 300 A 192.0.2.1", "mail 300 A 192.0.2.1", "proposed", "")
    text, done = with_edits(TEXT, [remove, move], "shop.example")
    assert [edit.state for edit in done] == ["applied", "applied"]
    changed = TEXT.replace("host.shop", "other.shop")
    text, done = with_edits(changed, [remove, move], "shop.example")
    assert (text, [edit.state for edit in done]) == (changed, ["rejected", "rejected"])


def test_an_addition_for_no_record_is_never_applied_since_nothing_would_end_it() -> None:
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
    spec, live = ZoneSpec("shop.example", TEXT), Live(TEXT)
    world = World(spec, ZoneState(), live, Part(spec.ownership, TEXT), Published([], {}, []), Moment(clock.now()), str)
    desired = with_approved(Desired(TEXT, (FIX, FIX)), world)
    assert list(desired.edits) == done[:1]
    assert ZoneState.from_inputs({"edits": [asdict(edit) for edit in desired.edits]}).edits == desired.edits
    assert ZoneState.from_inputs({}).edits == ()
