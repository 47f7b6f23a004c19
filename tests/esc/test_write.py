"""`Local.write`: one value of an environment in files, from a program."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.delivery.places import DeliveryError, Places
from sophia_infra.esc import Environment, EscError, Files, Local
from sophia_infra.esc.sources import held

TEXT = "# of the shop\nvalues:\n  app: # the app\n    url: http://a/\n  last: 1\n"


def write(name: str, path: str, value: str, folder: Path) -> None:
    Local(Files(folder)).write(name, path, value, secret=True)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOPHIA_ESC_PASSPHRASE", "canary-passphrase")
    (tmp_path / "dev.yaml").write_text(TEXT)
    (tmp_path / "dev.yaml").chmod(0o640)
    return tmp_path


def test_a_secret_is_written_encrypted_and_all_else_stays_as_it_is(folder: Path) -> None:
    write("dev", "app.db", "canary: {one}", folder)
    text = (folder / "dev.yaml").read_text()
    assert [line for line in text.splitlines() if "ciphertext" not in line] == TEXT.splitlines()
    assert "canary" not in text
    found = Environment.open("dev", folder).value("app.db")
    assert (found.content, found.secret) == ("canary: {one}", True)
    assert (folder / "dev.yaml").stat().st_mode & 0o777 == 0o640


def test_what_is_written_is_read_back_and_no_provider_is_asked(folder: Path) -> None:
    failing = "  vault: {fn::open::command: {run: ['false']}}\n  of: ${vault.output}\n"
    (folder / "dev.yaml").write_text(f"{TEXT}{failing}")
    write("dev", "app.db", "canary-one", folder)
    assert (found := held("dev", "app.db", folder))
    assert found.content == "canary-one"
    with pytest.raises(EscError) as refused:
        held("dev", "of", folder)
    assert refused.value.code == "esc-provider", "that hangs on one"


@pytest.mark.parametrize("path", ["new", "app.new", "none.new"])
def test_nothing_is_held_where_a_value_may_come_to_stand(folder: Path, path: str) -> None:
    (folder / "dev.yaml").write_text(f"{TEXT}  none:\n")
    assert held("dev", path, folder) is None
    write("dev", path, "canary-one", folder)
    assert (found := held("dev", path, folder))
    assert found.content == "canary-one"


@pytest.mark.parametrize(("text", "path"), [("", "last.new"), ("  other: ${nope}\n", "new")])
def test_an_environment_with_an_error_holds_nothing_that_may_come_to_stand(folder: Path, text: str, path: str) -> None:
    (folder / "dev.yaml").write_text(TEXT + text)
    with pytest.raises(EscError) as refused:
        held("dev", path, folder)
    assert refused.value.code == "esc-reference"


def test_what_an_import_has_as_final_is_not_taken_for_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "esc").mkdir()
    (folder / "esc/base.yaml").write_text("values: {db: {fn::final: theirs}}\n")
    (folder / "esc/dev.yaml").write_text("imports: [base]\nvalues: {}\n")
    monkeypatch.chdir(folder)
    with pytest.raises(DeliveryError, match=r"base\.yaml") as refused:
        Places(environment="dev", path="db").put("canary-one")
    assert (refused.value.field, refused.value.subject) == ("publish.esc", "dev")


def test_an_environment_that_is_not_there_is_refused_with_those_that_are(folder: Path) -> None:
    with pytest.raises(EscError, match=r"known are dev; did you mean dev\?") as refused:
        write("dve", "app.db", "canary-one", folder)
    assert refused.value.code == "esc-missing"
    (folder / "dev.yaml").unlink()
    with pytest.raises(EscError, match="none is known"):
        write("dev", "app.db", "canary-one", folder)
    (folder / "dev.yaml").write_text("values: {}\n")
    write("dev", "app.db", "canary-one", folder)
    assert (found := held("dev", "app.db", folder))
    assert found.content == "canary-one"


def test_what_somebody_else_has_written_meanwhile_stays(folder: Path) -> None:
    files = Files(folder)
    before = files.text("dev")[0]
    (folder / "dev.yaml").write_text("values: {theirs: 1}\n")
    with pytest.raises(EscError) as refused:
        files.write("dev", "values: {ours: 1}\n", before)
    assert refused.value.code == "esc-moved"
    assert [path.name for path in folder.iterdir()] == ["dev.yaml"]
    assert "theirs" in (folder / "dev.yaml").read_text()


@pytest.mark.parametrize("way", ["edit", "pull"])
def test_what_another_process_sets_between_the_comparison_and_the_write_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    set_other = [sys.executable, "-m", "sophia_infra", "esc", "set", "dev", "other", "1", "--from", str(folder)]
    started: list[subprocess.Popen[str]] = []
    plain = os.chmod

    def compared(*given: Any) -> None:
        plain(*given)
        if not started:
            started.append(subprocess.Popen(set_other, stderr=subprocess.PIPE, text=True))
            assert started[0].stderr
            started[0].stderr.readline()  # it says that it waits, or ends

    monkeypatch.setattr("sophia_infra.esc.files.os.chmod", compared)
    files, text = Files(folder), TEXT.replace("last: 1", "last: 2")
    if way == "edit":
        Local(files).define("dev", text, TEXT)
    else:
        files.write("dev", text, TEXT)
    _, told = started[0].communicate(timeout=30)
    assert (started[0].returncode, told) == (0, "")
    found = Environment.open("dev", folder)
    assert (found.value("last").plain(), found.value("other").plain()) == (2, 1)


def test_a_full_disk_leaves_the_file_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write("dev", "app.db", "canary-one", folder)
    assert (folder / "dev.yaml").read_text() == TEXT
    assert [path.name for path in folder.iterdir()] == ["dev.yaml"]
