"""Made-up zones through every importer: no exception, nothing dropped in silence, and all formats say the same."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sophia_infra.dns.importers import SOURCES, Imported, import_zone, zones_of
from sophia_infra.dns.importers.source import detect
from sophia_infra.dns.rr.record import to_text
from tests.dns.importers.rendering import RENDERINGS, ZONE, Entry, entries, master, spoilt
from tests.support.zone_text import canonical

LINE_BY_LINE = ("dnscontrol+tsv", "master", "tinydns")
UNBALANCED = ("parenthesis-unbalanced", "quote-unbalanced")
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(QUICK, max_examples=500)
QUOTES = ('"', '""', '" "', 'a" "b', '"a"', 'a"', '\\"', '";')
"""Texts that formats with quotes of their own have to escape."""


def test_every_format_is_rendered() -> None:
    assert {form.partition("+")[0] for form in RENDERINGS} == SOURCES.keys()


def imported_from(form: str, found: list[Entry]) -> Imported:
    return import_zone(RENDERINGS[form](found), ZONE, form.partition("+")[0], file="input")


def says_the_same(form: str, found: list[Entry]) -> None:
    imported = imported_from(form, found)
    assert imported.problems == ()
    assert imported.notes == ()
    assert to_text(imported.records) == canonical(master(found), ZONE)


def names_every_entry(form: str, found: list[Entry]) -> None:
    imported = imported_from(form, found)
    for entry in found:
        assert is_carried(imported, entry) or is_named(imported, form, entry), entry
    assert {record.owner for record in imported.records} <= {entry.owner for entry in found}
    zone = to_text(imported.records)
    assert imported.problems or canonical(zone, ZONE) == zone


def is_carried(imported: Imported, entry: Entry) -> bool:
    return any(record.owner == entry.owner for record in imported.records)


def is_named(imported: Imported, form: str, entry: Entry) -> bool:
    """A problem, or a note, says which entry it means: by its name, or by its line or address."""
    told = [*imported.notes, *(f"{one} {one.subject}" for one in imported.problems)]
    index = int(entry.owner[1:])
    line = {"cloudflare": index + 2, "godaddy": index + 7}.get(form, index + 1 if form in LINE_BY_LINE else -1)
    marks = (entry.owner, f".n{index} ", f"n{index} is", f"input:{line}: ")
    # what opens and never closes swallows all that follows
    unreadable = any(one.field == "file" or (one.code in UNBALANCED and one.line <= line) for one in imported.problems)
    return unreadable or any(mark in one for mark in marks for one in told)


@pytest.mark.parametrize("form", sorted(RENDERINGS))
@QUICK
@given(found=entries())
@example(found=[Entry(f"r{index}", 2, "TXT", text) for index, text in enumerate(QUOTES)])
def test_all_formats_say_the_same_of_a_sound_zone(form: str, found: list[Entry]) -> None:
    says_the_same(form, found)


@pytest.mark.parametrize("form", sorted(RENDERINGS))
@QUICK
@given(found=spoilt())
def test_no_entry_is_dropped_in_silence(form: str, found: list[Entry]) -> None:
    names_every_entry(form, found)


@pytest.mark.parametrize("source", sorted(SOURCES))
@QUICK
@given(found=spoilt(), data=st.data())
def test_a_damaged_text_raises_nothing_in_any_importer(source: str, found: list[Entry], data: st.DataObject) -> None:
    damaged(source, found, data)


def damaged(source: str, found: list[Entry], data: st.DataObject) -> None:
    written = RENDERINGS[data.draw(st.sampled_from(sorted(RENDERINGS)))](found)
    start = data.draw(st.integers(0, len(written)))
    end = data.draw(st.integers(start, min(len(written), start + 20)))
    text = written[:start] + data.draw(st.text(max_size=5)) + written[end:]
    assert isinstance(import_zone(text, ZONE, source), Imported)
    assert all(isinstance(name, str) for name in zones_of(text, source))
    assert detect(text, "input") in SOURCES


@pytest.mark.parametrize("form", sorted(set(RENDERINGS) - {"master"}))
@QUICK
@given(found=entries())
def test_a_format_is_found_out(form: str, found: list[Entry]) -> None:
    file = "input.yaml" if form == "octodns" else "input"
    assert detect(RENDERINGS[form](found), file) == form.partition("+")[0]


@pytest.mark.soak
@pytest.mark.parametrize("form", sorted(RENDERINGS))
@LONG
@given(found=entries(), bad=spoilt(), data=st.data())
def test_all_of_it_for_long(form: str, found: list[Entry], bad: list[Entry], data: st.DataObject) -> None:
    says_the_same(form, found)
    names_every_entry(form, bad)
    damaged(form.partition("+")[0], bad, data)
