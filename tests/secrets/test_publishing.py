"""Where consumers find a secret: a file of theirs, an ESC environment. It stands there, or is put there."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import home
from sophia_infra.delivery.places import DeliveryError, Places
from sophia_infra.esc import Environment, EscError, Files
from sophia_infra.journal import Journal
from sophia_infra.secrets.events import Ask, SecretIntent, SecretWish
from sophia_infra.secrets.kinds.password import Password
from sophia_infra.secrets.lifecycle_resource import SecretLifecycleProvider
from sophia_infra.secrets.spec import ArgumentError
from sophia_infra.values import Value
from tests.secrets.stack import LABEL, RefusedError, Stack, killed_at

TEXT = "# of production\nvalues:\n  db: none yet # rotates\n  replicas: 3\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an environment in files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOPHIA_ESC_PASSPHRASE", "canary-passphrase")
    (tmp_path / "esc").mkdir()
    (tmp_path / "esc" / "prod.yaml").write_text(TEXT)
    return tmp_path


@pytest.fixture
def stack(folder: Path) -> Stack:
    """A password that is in both places, of which the next one is asked for and staged."""
    publish = {"file": str(folder / "app-db"), "esc": "sophia/prod:db", "mode": "0640"}
    made = Stack(kind="password", publish=publish)
    made.up()
    made.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    made.up()
    return made


def held(folder: Path) -> tuple[str, str]:
    return (folder / "app-db").read_text(), str(Environment.open("sophia/prod").value("db").content)


def test_what_is_published_stands_in_each_place_and_nothing_else_is_touched(stack: Stack, folder: Path) -> None:
    first = stack.current[1]
    assert held(folder) == (first, first)
    assert stack.up()["phase"] == "adopting"
    assert stack.current[1] != first
    assert held(folder) == (stack.current[1],) * 2
    assert (folder / "app-db").stat().st_mode & 0o777 == 0o640
    text = (folder / "esc" / "prod.yaml").read_text()
    assert [line for line in text.splitlines() if " db:" not in line] == [
        line for line in TEXT.splitlines() if " db:" not in line
    ]
    assert "# rotates" in text
    assert stack.current[1] not in text


def test_a_place_that_lost_it_is_given_it_again_and_nothing_is_ended_before(stack: Stack, folder: Path) -> None:
    stack.up()
    (folder / "app-db").unlink()
    (folder / "esc" / "prod.yaml").write_text(TEXT)
    found = stack.up()
    assert (found["phase"], found["changes"]["updates"]) == ("adopting", 1)
    assert held(folder) == (stack.current[1],) * 2
    assert stack.up()["changes"]["updates"] == 0


def test_a_full_disk_is_an_error_that_names_the_file_and_the_one_of_before_goes_on(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stack.current[1]
    plain = os.fsync

    def full(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().name.startswith(".app-db"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        plain(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeliveryError, match="No space left") as refused:
        stack.up()
    assert (refused.value.field, refused.value.subject) == ("publish.file", str(folder / "app-db"))
    assert stack.current[1] == first
    assert held(folder) == (first, first)
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SOPHIA_HOME", str(folder / "home"))
    monkeypatch.setenv("SOPHIA_ESC_PASSPHRASE", "canary-passphrase")
    assert stack.up()["phase"] == "adopting"


def test_an_environment_that_is_edited_between_read_and_write_keeps_the_edit(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, plain = stack.current[1], home.write_whole
    theirs = "values: {db: theirs}\n"

    def edited(*given: Any, **named: Any) -> None:
        (folder / "esc" / "prod.yaml").write_text(theirs)
        plain(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr("sophia_infra.esc.files.write_whole", edited)
        with pytest.raises(EscError) as refused:
            stack.up()
    assert refused.value.code == "esc-moved"
    assert (folder / "esc" / "prod.yaml").read_text() == theirs
    assert stack.current[1] == first
    assert stack.up()["phase"] == "adopting"
    assert held(folder) == (stack.current[1],) * 2


@pytest.mark.parametrize(
    "closed", ["folder", "a folder", "environment", "key", "owner", "a text on the way", "an index", "reference"]
)
def test_a_place_that_can_take_nothing_is_told_before_a_login_is_staged(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], closed: str
) -> None:
    first = Stack(kind="password", group="first", publish=dict(stack.args["publish"]))
    del first.args["group"]
    if closed == "folder":
        first.args["publish"]["file"] = str(folder / "none" / "app-db")
    elif closed == "a folder":
        first.args["publish"]["file"] = str(folder)
    elif closed == "owner":
        first.args["publish"]["owner"] = "nobody-of-this-name"
    elif closed == "environment":
        (folder / "esc" / "prod.yaml").unlink()
    elif closed in ("a text on the way", "an index"):
        (folder / "esc" / "prod.yaml").write_text(TEXT)
        first.args["publish"]["esc"] = "sophia/prod:db.url" if closed == "a text on the way" else "sophia/prod:db[1]"
    elif closed == "reference":
        (folder / "esc" / "prod.yaml").write_text("values: {other: '${nope}'}")
    else:
        monkeypatch.delenv("SOPHIA_ESC_PASSPHRASE")
        (folder / "esc" / "prod.yaml").write_text(TEXT)
    first.args["label"] = "demo/test/first"
    with pytest.raises(RefusedError, match="the advice is to block"):
        first.up()
    assert "secret-unpublishable" in capsys.readouterr().err
    assert list(Journal.open().back(SecretIntent, "demo/test/first")) == []


def test_a_secret_that_another_key_has_sealed_is_not_written_over(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads the environment has the team's key, and would open nothing of it any more."""
    before = (folder / "esc" / "prod.yaml").read_text()
    monkeypatch.setenv("SOPHIA_ESC_PASSPHRASE", "canary-wrong")
    with pytest.raises(RefusedError, match="the advice is to block"):
        stack.up()
    assert "error secret-unpublishable" in capsys.readouterr().err
    assert (folder / "esc" / "prod.yaml").read_text() == before
    monkeypatch.setenv("SOPHIA_ESC_PASSPHRASE", "canary-passphrase")
    assert stack.up()["phase"] == "adopting"


@pytest.mark.parametrize("imports", ["prod", "nothing"])
def test_an_import_that_is_missing_or_leads_back_is_told_and_the_one_of_before_goes_on(
    stack: Stack, folder: Path, capsys: pytest.CaptureFixture[str], imports: str
) -> None:
    first, file = stack.current[1], folder / "esc" / "prod.yaml"
    before = file.read_text()
    file.write_text(f"imports: [{imports}]\n{before}")
    with pytest.raises(RefusedError, match="the advice is to block"):
        stack.up()
    assert "esc/prod.yaml:1:11" in capsys.readouterr().err
    assert (stack.current[1], (folder / "app-db").read_text()) == (first, first)
    file.write_text(before)
    assert stack.up()["phase"] == "adopting"


def test_a_run_that_is_killed_while_it_publishes_is_gone_on_with(stack: Stack, folder: Path) -> None:
    values = {str(stack.stored[slot]["value"]) for slot in ("a", "b")}
    point = 0
    while killed_at(point, stack.up, {Files: ("change",), os: ("replace", "fsync")}):  # type: ignore[dict-item]  # a module has them as well
        assert set(held(folder)) <= values
        assert stack.current[1] in values
        point += 1
    assert point > 4
    assert stack.up()["phase"] == "adopting"
    assert held(folder) == (stack.current[1],) * 2


def test_a_place_that_is_published_to_no_more_is_told(
    stack: Stack, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.args["publish"] = {"file": str(folder / "moved")}
    for is_told in (True, False):
        stack.up()
        said = capsys.readouterr().err
        assert [f"{place} is published to no more" in said for place in (folder / "app-db", "sophia/prod:db")] == [
            is_told
        ] * 2
    assert (folder / "moved").read_text() == stack.current[1]


def test_a_place_that_is_published_to_no_more_is_kept_by_a_destroy_and_one_that_held_it_already_is_cleared(
    stack: Stack, folder: Path
) -> None:
    stack.up()
    (folder / "moved").write_text(stack.current[1])
    (folder / "moved").chmod(0o600)
    stack.args["publish"] = {"file": str(folder / "moved")}
    assert stack.up()["changes"]["updates"] == 0
    destroy(stack)
    assert [(folder / name).exists() for name in ("app-db", "moved")] == [True, False]


def destroy(stack: Stack) -> None:
    stored = stack.stored["lifecycle"]
    SecretLifecycleProvider().delete(stored["id"], stored)


def test_a_destroy_takes_what_was_published_out_of_each_place(stack: Stack, folder: Path) -> None:
    destroy(stack)
    assert not (folder / "app-db").exists()
    emptied = Environment.open("sophia/prod").value("db")
    assert (emptied.content, emptied.secret) == ("", True)
    assert "# rotates" in (folder / "esc" / "prod.yaml").read_text()
    destroy(stack)  # as after a kill, which the engine tells nobody of


def test_a_destroy_leaves_what_somebody_else_has_put_into_a_place(stack: Stack, folder: Path) -> None:
    (folder / "app-db").write_text("theirs")
    (folder / "esc" / "prod.yaml").write_text("values: {db: theirs}\n")
    destroy(stack)
    assert held(folder) == ("theirs", "theirs")


def test_a_destroy_says_nothing_of_places_that_are_there_no_more(
    stack: Stack, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "app-db").unlink()
    (folder / "esc" / "prod.yaml").write_text("values: {replicas: 3}\n")
    capsys.readouterr()
    destroy(stack)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("fault", ["key", "disk", "reference"])
def test_a_place_that_can_not_be_cleared_is_told_and_holds_up_no_destroy(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    if fault == "key":
        monkeypatch.delenv("SOPHIA_ESC_PASSPHRASE")
    elif fault == "reference":
        with (folder / "esc" / "prod.yaml").open("a") as file:
            file.write("  other: ${nope}\n")
    else:
        monkeypatch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.EROFS, "read-only")))
    destroy(stack)
    said = capsys.readouterr().err
    assert ("app-db: read-only" if fault == "disk" else "publish.esc sophia/prod") in said
    assert (folder / "app-db").exists() is (fault == "disk")
    assert stack.current[1] not in said


def test_a_destroy_that_is_killed_at_any_point_is_gone_on_with(stack: Stack, folder: Path) -> None:
    point = 0
    while killed_at(point, lambda: destroy(stack), {Files: ("change",), Path: ("unlink",), Password: ("revoke",)}):
        point += 1
    assert point > 3
    assert not (folder / "app-db").exists()
    assert Environment.open("sophia/prod").value("db").content == ""


def test_a_consumer_may_have_all_of_it_as_one_text(folder: Path) -> None:
    stack = Stack(kind="password", publish={"file": str(folder / "all"), "content": "json"})
    stack.up()
    found = json.loads((folder / "all").read_text())
    assert found == {"username": "", "password": stack.current[1], "url": "", "generation": 1}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"esc": "sophia/prod"}, "publish.esc"),
        ({"file": 3}, "publish.file"),
        ({"file": "x", "mode": "0644"}, "publish.mode"),
        ({"file": "x", "content": "dsn"}, "publish.content"),
        ({"vault": "x"}, "publish.vault"),
    ],
)
def test_a_place_that_can_not_be_read_is_refused_by_name(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        Places.read(Value("publish", given, ArgumentError))
    assert refused.value.field == field
