"""Today's code over what releases left behind: their states, journals and files, recorded as they were."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.cli import main
from tests.support import knot
from tests.support.recorded import Recorded, Resource, answers, put_back
from tests.support.workspace import REPO

RELEASE = REPO / "tests" / "fixtures" / "release_0_1"
CASES = sorted(path.name for path in RELEASE.iterdir() if path.is_dir())
AT_KNOT = {"patterns", "rfc2136"}
IN_PLACE = "CertificateKeyProvider 0: two months later"
"""The release replaced a key that is due; it is updated since (docs/decisions/0012-renewal-in-place.md)."""
UNSETTLED = {"pooled", "killed_before_write", "killed_after_write"}
"""Where a run has something to do: a target is down, or a run was cut off."""


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    with restored(request.param, tmp_path, monkeypatch) as found:
        yield found


def restored(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    if name in AT_KNOT and not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    root = (tmp_path / "project").resolve()
    monkeypatch.setenv("SOPHIA_HOME", str(root / ".sophia"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user"))
    monkeypatch.syspath_prepend(str(REPO / "examples" / "custom-backend"))
    monkeypatch.setenv("SOPHIA_NOW", json.loads((RELEASE / name / "case.json").read_text())["now"])
    return put_back(RELEASE / name, root)


def checked(one: Resource, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    result = one.provider.check(olds, news)
    assert [failure.reason for failure in result.failures] == []
    inputs: dict[str, Any] = result.inputs
    return inputs


def test_every_question_gets_the_answer_that_the_release_gave(case: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "")  # the questions move the clock, and it goes back with the test
    expected = json.loads((case.folder / "answers.json").read_text())
    for answer in expected.values():
        if "refused" in answer:  # the release named an input to the engine, whatever it was about
            answer["refused"] = True
        for name in ("edits", "late", "stages", "health"):
            if not answer.get(name, True):  # which is not stored since
                del answer[name]
    if IN_PLACE in expected:
        expected[IN_PLACE]["replaces"] = []
    assert answers(case) == expected


def test_a_state_of_the_release_needs_nothing_where_nothing_has_changed(case: Recorded) -> None:
    for one in case.resources:
        inputs = checked(one, one.inputs, one.news)
        diff = one.provider.diff(one.id, one.outputs, inputs)
        assert bool(diff.changes) is (case.folder.name in UNSETTLED)
        assert not diff.replaces


def test_a_refresh_finds_what_the_release_wrote(case: Recorded) -> None:
    for one in case.resources:
        if one.is_zone and case.folder.name not in UNSETTLED:
            read = one.provider.read(one.id, one.outputs)
            assert read.outs["text"] == one.outputs["text"]
            assert read.outs["serial"] == one.outputs["serial"]


def test_a_zone_of_the_release_is_updated_then_settled_then_deleted(case: Recorded) -> None:
    for one in filter(lambda one: one.is_zone, case.resources):
        news = one.with_more
        inputs = checked(one, one.inputs, news)
        assert one.provider.diff(one.id, one.outputs, inputs).changes
        outs = one.provider.update(one.id, one.outputs, inputs).outs
        assert outs["holder"] == one.outputs["holder"]

        again = checked(one, inputs, news)
        assert not one.provider.diff(one.id, outs, again).changes
        assert sum(again["changes"][name] for name in ("creates", "updates", "deletes")) == 0

        one.provider.delete(one.id, outs)
    assert verified(case.root / ".sophia")


def test_a_certificate_of_the_release_is_renewed_by_the_ca_of_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with restored("certificate", tmp_path, monkeypatch) as case:
        key, certificate = case.resources
        monkeypatch.setenv("SOPHIA_NOW", "2027-01-23T12:00:00+00:00")
        made = key.provider.create(checked(key, key.inputs, key.news)).outs
        news = {**certificate.news, "csr_pem": made["csr_pem"]}
        inputs = checked(certificate, certificate.inputs, news)
        assert certificate.provider.diff(certificate.id, certificate.outputs, inputs).changes
        outs = certificate.provider.update(certificate.id, certificate.outputs, inputs).outs
        assert outs["generation"] == certificate.outputs["generation"] + 1
        assert outs["root_pem"] == certificate.outputs["root_pem"]
        assert not certificate.provider.diff(certificate.id, outs, checked(certificate, inputs, news)).changes
        assert verified(case.root / ".sophia")


def verified(home: Path) -> bool:
    return main(["audit", "verify", "--journal", str(home / "journal.db")]) == 0


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A copy of the journal that the release wrote, byte for byte."""
    for name in ("journal.db", "journal.head"):
        shutil.copyfile(RELEASE / name, tmp_path / name)
    return tmp_path


def test_the_journal_of_the_release_verifies(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = sum(len((RELEASE / name / "journal.jsonl").read_text().splitlines()) for name in CASES)
    assert verified(journal)
    assert str(written) in capsys.readouterr().out


def test_the_journal_of_the_release_is_carried_on_and_still_verifies(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with restored("zone_file", tmp_path, monkeypatch) as case:
        monkeypatch.setenv("SOPHIA_HOME", str(journal))
        (one,) = case.resources
        before = (journal / "journal.head").read_text().partition(":")[0]
        inputs = checked(one, one.inputs, one.with_more)
        one.provider.update(one.id, one.outputs, inputs)
    assert verified(journal)
    assert int((journal / "journal.head").read_text().partition(":")[0]) > int(before)


def test_a_row_of_the_release_that_was_changed_since_shows(journal: Path) -> None:
    content = (journal / "journal.db").read_bytes()
    (journal / "journal.db").write_bytes(content.replace(b"mail moves to the parent", b"mail moves to the parrot"))
    assert not verified(journal)
