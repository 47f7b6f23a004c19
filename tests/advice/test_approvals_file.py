"""Approvals in a file of the repository: what an entry binds, when it says nothing any more, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sophia_infra import settings
from sophia_infra.advice import approval, approvals_file
from sophia_infra.advice.approvals_file import ApprovalsFileError, Entry, append, matched, parse, read, shown
from sophia_infra.advice.model import Advice, Edit, Request, Verdict
from tests.support.refusals import refused

EDIT = Edit(
    "replace", "@ MX", "@ 300 MX 10 a.\n@ 300 MX 20 c.", "@ 300 MX 10 b.\n@ 300 MX 20 c.", "proposed", "an alias"
)
FACTS = {"base": "b" * 64, "stack": "shop/live"}
REQUEST = Request("zone", "shop.example", FACTS)
ADVICE = Advice(REQUEST.fingerprint, "rules", Verdict.CAUTION, "1 error", edits=(EDIT,))
NAME, END = "approvals.yaml", datetime(2026, 12, 6, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-29T12:00:00+00:00")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    append(path, REQUEST, ADVICE, [EDIT], approval.approval_of(REQUEST, [EDIT], END, "agreed: #7"))
    return path


def held(entries: tuple[Entry, ...], advice: Advice = ADVICE, base: str = "b" * 64, applied: tuple[Edit, ...] = ()):  # type: ignore[no-untyped-def]  # a short name of a call
    return matched(entries, "zone shop.example", "shop/live", advice, base, applied)


def test_what_is_written_approves_the_edit_on_its_writers_word(file: Path) -> None:
    said = held(read(str(file)))
    assert said.words == {EDIT.digest: f"{approval.user()} ({NAME})"}
    assert said.stale == ()


def test_a_file_shows_what_is_approved_and_keeps_what_stood_in_it(file: Path) -> None:
    before = file.read_text()
    assert before.startswith("# Edits that people approved")
    assert "  lines:\n  - '- @ 300 MX 10 a.'\n  - + @ 300 MX 10 b.\n  - '  @ 300 MX 20 c.'\n" in before
    file.write_text(before.rstrip("\n") + "  # the mail team knows")
    append(file, REQUEST, ADVICE, [EDIT], approval.approval_of(REQUEST, [EDIT], END, "again"))
    assert file.read_text().startswith(before.rstrip("\n") + "  # the mail team knows\n- resource: zone shop.example\n")
    assert [entry.why for entry in read(str(file))] == ["agreed: #7", "again"]
    assert file.stat().st_mode & 0o777 == 0o644


OTHERS = [
    (
        replace(ADVICE, id="c" * 64),
        "b" * 64,
        (),
        f"is for advice {ADVICE.id[:12]}, and what is proposed now is in advice cccc",
    ),
    (ADVICE, "c" * 64, (), "is for advice"),
    (replace(ADVICE, edits=(replace(EDIT, by="claude"),)), "b" * 64, (), "is for advice"),
    (replace(ADVICE, edits=(replace(EDIT, after="@ 300 MX 10 evil."),)), "b" * 64, (), "is for advice"),
    (replace(ADVICE, edits=()), "b" * 64, (replace(EDIT, state="applied"),), "has served its purpose; take it out"),
]


@pytest.mark.parametrize(("advice", "base", "applied", "told"), OTHERS)
def test_an_entry_that_no_longer_matches_approves_nothing_and_says_why(
    advice: Advice, base: str, applied: tuple[Edit, ...], told: str, file: Path
) -> None:
    said = held(read(str(file)), advice, base, applied)
    assert said.words == {}
    assert said.stale[0].startswith(f"{NAME}:2: the approval of the edit of @ MX {told}")


def test_an_entry_ends(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = read(str(file))
    monkeypatch.setenv("SOPHIA_NOW", "2026-12-06T12:00:01+00:00")
    said = held(entries)
    assert (said.words, said.stale) == (
        {},
        (f"{NAME}:2: the approval of the edit of @ MX has ended on 2026-12-06 12:00; take it out",),
    )


@pytest.mark.parametrize(("resource", "stack"), [("zone shop.test", "shop/live"), ("zone shop.example", "shop/dev")])
def test_entries_of_others_say_nothing(resource: str, stack: str, file: Path) -> None:
    assert matched(read(str(file)), resource, stack, ADVICE, "b" * 64, ()) == approvals_file.Matched({}, ())


@pytest.mark.parametrize("changed", [{"subject": "www A"}, {"lines": ("+ @ 300 MX 10 b.",)}])
def test_an_entry_that_shows_reviewers_something_else_is_refused(changed: dict[str, object], file: Path) -> None:
    entries = tuple(replace(entry, **changed) for entry in read(str(file)))  # type: ignore[arg-type]  # its fields
    with refused(ApprovalsFileError, field=f"{NAME}:2: lines", subject="@ MX", says="shows other lines"):
        held(entries)


def entry(**changed: str | None) -> str:
    fields = {
        "resource": "zone shop.example",
        "stack": "shop/live",
        "advice": ADVICE.id,
        "base": "b" * 64,
        "subject": "'@ MX'",
        "lines": "['+ x']",
        "digest": "d" * 64,
        "by": "alice",
        "until": "2026-12-01",
        "why": "agreed",
    } | changed
    text = "\n  ".join(f"{name}: {value}" for name, value in fields.items() if value is not None)
    return f"# approved\n- {text}\n"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (entry(untill="2026-12-01"), f"{NAME}:12: untill"),
        (entry(until=None), f"{NAME}:2: until"),
        (entry(digest=None), f"{NAME}:2: digest"),
        (entry(until="tomorrow"), f"{NAME}:10: until"),
        (entry(until="2036-12-01"), f"{NAME}:10: until"),
        (entry(until="2026-12-01T12:00:00"), f"{NAME}:10: until"),
        (entry(why="''"), f"{NAME}:11: why"),
        (entry(lines="[]"), f"{NAME}:7: lines"),
        (entry(by="{a: b}"), f"{NAME}:9: by"),
        (entry(by="''"), f"{NAME}:9: by"),
        (entry(by="' '"), f"{NAME}:9: by"),
        (entry() + "  by: bob\n", f"{NAME}:12: by"),
        ("- alice\n", f"{NAME}:1"),
        ("approvals: []\n", NAME),
        ("- {\n", NAME),
        ("- !!python/object:os.system {}\n", f"{NAME}:1: resource"),
        ("- &a [*a]\n", f"{NAME}:1"),
        (entry(lines="&a ['+ x', *a]"), f"{NAME}:7: lines"),
        ("[" * 20_000, NAME),
    ],
)
def test_a_file_that_is_damaged_is_refused_by_line_and_field(text: str, field: str) -> None:
    with refused(ApprovalsFileError, field=field, says=NAME):
        parse(NAME, text)


def test_a_day_ends_with_it_and_words_stay_text() -> None:
    (found,) = parse(NAME, entry(by="no", until="2026-12-01"))
    assert (found.by, found.until) == ("no", datetime(2026, 12, 2, tzinfo=UTC))


def test_nothing_is_added_to_a_damaged_file(file: Path) -> None:
    file.write_text("approvals: []\n")
    with refused(ApprovalsFileError):
        append(file, REQUEST, ADVICE, [EDIT], approval.approval_of(REQUEST, [EDIT], END, "agreed"))
    assert file.read_text() == "approvals: []\n"


def test_no_file_is_read_unless_a_stack_names_it_and_one_that_is_not_there_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    (file.parent / "Pulumi.yaml").write_text("name: shop\n")
    (file.parent / "below").mkdir()
    monkeypatch.chdir(file.parent / "below")
    assert settings.read(lambda _: None).approvals == ()
    assert settings.read({"sophia:approvals": NAME}.get).approvals == read(str(file))
    (file.parent / "empty.yaml").write_text("")
    assert settings.read({"sophia:approvals": "empty.yaml"}.get).approvals == ()
    with refused(ApprovalsFileError, field="sophia:approvals", says="No such file"):
        settings.read({"sophia:approvals": "approval.yaml"}.get)
    file.write_bytes(b"\xff")
    with refused(ApprovalsFileError, field="sophia:approvals", says="it is not UTF-8"):
        settings.read({"sophia:approvals": NAME}.get)


def test_lines_are_those_that_stay_go_and_come() -> None:
    assert shown(EDIT) == ("- @ 300 MX 10 a.", "+ @ 300 MX 10 b.", "  @ 300 MX 20 c.")
