"""`sophia esc diff | push | pull | edit`: nobody's change is lost, and no secret leaves in plain text but to Cloud."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from urllib3.connectionpool import HTTPConnectionPool

from sophia_infra.cli import main
from sophia_infra.esc import Environment, Files, Local, Source
from sophia_infra.esc.cipher import KEY_FILE, PASSPHRASE
from sophia_infra.esc.cloud import Cloud
from tests.cli.conftest import Ran, Sophia
from tests.support.esc_server import EscServer, Fault, logged_in
from tests.support.kills import Step, die_before

DEV = """\
# of the shop
values:
  app: {port: 8080}  # for the moment
  db: {fn::secret: canary-db$$a}
"""
Esc = Callable[..., Ran]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EscServer]:
    with logged_in(tmp_path / "pulumi", monkeypatch) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(PASSPHRASE, "of the team")
    monkeypatch.delenv(KEY_FILE, raising=False)
    monkeypatch.delenv("SOPHIA_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / "esc"
    folder.mkdir()
    (folder / "dev.yaml").write_text(DEV)
    return folder


@pytest.fixture
def esc(sophia: Sophia, server: EscServer, folder: Path) -> Esc:
    return lambda command, *words: sophia("esc", command, "shop/dev", *words)


def code(ran: Ran) -> str:
    return str(ran.json("error")["error"]["code"])


def change(folder: Path, before: str, after: str) -> None:
    text = (folder / "dev.yaml").read_text()
    assert before in text
    (folder / "dev.yaml").write_text(text.replace(before, after))


def test_what_is_pushed_comes_to_the_same_values_and_cloud_encrypts_it(esc: Esc, server: EscServer) -> None:
    assert esc("push", "--json").json("esc-sync") == {
        "version": 1, "name": "shop/dev", "host": server.url.removeprefix("http://"), "written": True,
    }  # fmt: skip
    held = server.kept["shop/dev"].revisions[-1]
    assert "canary" not in held
    assert held.startswith("# of the shop\nvalues:\n  app: {port: 8080}  # for the moment\n")
    assert Cloud().open("shop/dev").values.json() == Environment.open("shop/dev").values.json()
    assert esc("diff").code == 0
    assert not esc("push", "--json").json("esc-sync")["written"]
    assert len(server.kept["shop/dev"].revisions) == 2


def test_a_secret_of_the_teams_key_is_opened_for_cloud_and_sealed_for_the_file(
    esc: Esc, sophia: Sophia, server: EscServer, folder: Path
) -> None:
    sophia("esc", "set", "shop/dev", "db", "canary-b$$c", "--secret")
    sophia("esc", "set", "shop/dev", "key", "canary-one\ntwo", "--secret")
    sealed = (folder / "dev.yaml").read_text()
    assert esc("push").code == 0
    assert server.plain("shop/dev").count("canary") == 2
    assert (folder / "dev.yaml").read_text() == sealed
    server.put("shop/dev", server.plain("shop/dev").replace("8080", "9090").replace("canary-one", "canary-other"))
    assert esc("pull").code == 0
    pulled = (folder / "dev.yaml").read_text()
    assert "canary" not in pulled
    same = sealed[sealed.index("db:") : sealed.index("}}", sealed.index("db:"))]
    assert same in pulled, "a secret that is the same keeps its ciphertext"
    found = Environment.open("shop/dev").values.plain()
    assert found == {"app": {"port": 9090}, "db": "canary-b$$c", "key": "canary-other\ntwo"}


def test_diff_shows_what_a_push_does_and_secrets_where_they_are_asked_for(
    esc: Esc, server: EscServer, folder: Path
) -> None:
    esc("push")
    change(folder, "{port: 8080}", "{port: 9090, name: shop}")
    change(folder, "canary-db", "canary-new")
    server.put("shop/dev", server.plain("shop/dev") + "  old: [1]\n")
    ran = esc("diff")
    assert (ran.code, ran.out.splitlines()) == (
        1,
        [
            '+ values.app.name: "shop"',
            "~ values.app.port: 8080 -> 9090",
            "~ values.db: [secret] -> [secret]",
            "- values.old[0]: 1",
        ],
    )
    told = esc("diff", "--json").json("esc-diff")["differences"]
    assert [each["path"] for each in told if each["secret"]] == ["values.db"]
    shown = esc("diff", "--show-secrets", "--json").json("esc-diff")["differences"]
    assert [(each["cloud"], each["file"]) for each in shown if each["secret"]] == [('"canary-db$a"', '"canary-new$a"')]


def test_order_and_comments_are_no_difference(esc: Esc, server: EscServer) -> None:
    esc("push")
    server.put("shop/dev", 'values:\n  db: {fn::secret: "canary-db$a"}\n\n  app:\n    port: 8080\n')
    assert esc("diff").code == 0


def test_a_push_loses_no_change_that_was_made_at_cloud(esc: Esc, server: EscServer, folder: Path) -> None:
    esc("push")
    theirs = server.plain("shop/dev").replace("8080", "1")
    server.put("shop/dev", theirs)
    change(folder, "8080", "2")
    refused = esc("push", "--json")
    assert (refused.code, code(refused)) == (1, "esc-moved")
    assert server.plain("shop/dev") == theirs


def test_a_push_loses_no_environment_that_was_never_pulled(esc: Esc, server: EscServer) -> None:
    server.put("shop/dev", "values: {a: 1}\n")
    assert code(esc("push", "--json")) == "esc-moved"
    assert server.plain("shop/dev") == "values: {a: 1}\n"


def test_a_push_loses_no_environment_that_was_made_anew(esc: Esc, server: EscServer, folder: Path) -> None:
    esc("push")
    before = server.kept.pop("shop/dev")
    server.put("shop/dev", "values: {a: 1}\n")
    assert server.kept["shop/dev"].etag == before.etag, "its revisions are counted from 1 again"
    change(folder, "8080", "2")
    assert code(esc("push", "--json")) == "esc-moved"
    assert server.plain("shop/dev") == "values: {a: 1}\n"


def test_a_push_loses_no_change_that_is_made_meanwhile(esc: Esc, server: EscServer, folder: Path) -> None:
    esc("push")
    change(folder, "8080", "2")
    server.faults = [Fault("^PATCH", deed=lambda: server.put("shop/dev", "values: {a: 1}\n"))]
    assert code(esc("push", "--json")) == "esc-moved"
    assert server.plain("shop/dev") == "values: {a: 1}\n"


def test_a_pull_loses_no_change_of_the_file(esc: Esc, server: EscServer, folder: Path) -> None:
    esc("push")
    server.put("shop/dev", "values: {a: 1}\n")
    change(folder, "8080", "2")
    ours = (folder / "dev.yaml").read_text()
    assert code(esc("pull", "--json")) == "esc-moved"
    assert (folder / "dev.yaml").read_text() == ours


def test_both_changes_stay_with_the_way_out_of_the_message(esc: Esc, server: EscServer, folder: Path) -> None:
    esc("push")
    server.put("shop/dev", server.plain("shop/dev") + "  theirs: 1\n")
    change(folder, "8080", "2")
    assert "git stash" in esc("push").err
    (folder / "dev.yaml").write_text(DEV)  # git stash
    assert esc("pull").code == 0
    change(folder, "8080", "2")  # git stash pop
    assert esc("push").code == 0
    assert Environment.open("shop/dev").values.plain(redact=True) == {"app": {"port": 2}, "db": "[secret]", "theirs": 1}
    assert esc("diff").code == 0


def test_a_first_pull_makes_the_file(esc: Esc, server: EscServer, folder: Path) -> None:
    server.put("shop/dev", DEV)
    (folder / "dev.yaml").unlink()
    assert esc("pull").code == 0
    assert Environment.open("shop/dev").value("db").content == "canary-db$$a", "Cloud keeps a secret as it was written"
    assert (folder / "dev.yaml").read_text().startswith("# of the shop\n")
    (folder / "dev.yaml").unlink()
    del server.kept["shop/dev"]
    assert (code(esc("pull", "--json")), code(esc("push", "--json"))) == ("esc-missing", "esc-missing")
    (folder / "dev.yaml").write_text(DEV)
    assert code(esc("pull", "--json")) == "esc-missing"


def test_without_the_teams_key_no_secret_is_written(
    esc: Esc, server: EscServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("shop/dev", DEV)
    (folder / "dev.yaml").unlink()
    monkeypatch.delenv(PASSPHRASE)
    assert code(esc("pull", "--json")) == "esc-key"
    assert list(folder.iterdir()) == []


def test_an_environment_that_cloud_refuses_says_where(esc: Esc, server: EscServer, folder: Path) -> None:
    esc("push")
    change(folder, "8080", "'${nowhere}'")
    ran = esc("push", "--json")
    assert (ran.code, code(ran)) == (1, "esc-refused")
    assert "shop/dev:3:" in ran.json("error")["error"]["message"]
    assert "8080" in server.plain("shop/dev")


def test_what_is_kept_of_both_holds_no_secret(esc: Esc, folder: Path) -> None:
    esc("push")
    (kept,) = (folder.parent / ".sophia" / "esc").iterdir()
    assert json.loads(kept.read_text()).keys() == {"host", "etag", "cloud", "file"}
    assert kept.stat().st_mode & 0o077 == 0


def editor(folder: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, code: int = 0) -> None:
    """Have an editor replace a text by another."""
    program = folder.parent / "editor.py"
    program.write_text(
        "import pathlib, sys\nfile = pathlib.Path(sys.argv[1])\ntext = file.read_text()\n"
        f"file.write_text(text.replace({before!r}, {after!r}))\nsys.exit({code})\n"
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {program}")


def test_an_edited_file_is_checked_and_keeps_its_comments(
    esc: Esc, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(folder, monkeypatch, "8080", "9090")
    assert esc("edit").code == 0
    assert (folder / "dev.yaml").read_text() == DEV.replace("8080", "9090")
    assert "nothing changed" in esc("edit").out
    editor(folder, monkeypatch, "9090", "${nowhere}")
    ran = esc("edit")
    assert (ran.code, f"{Path('esc') / 'dev.yaml'}:3:" in ran.err) == (1, True)
    assert (folder / "dev.yaml").read_text() == DEV.replace("8080", "9090")
    (draft,) = [line.rpartition(" ")[2] for line in ran.err.splitlines() if "is kept in" in line]
    assert Path(draft).read_text() == DEV.replace("8080", "${nowhere}")
    assert Path(draft).parent.stat().st_mode & 0o077 == 0
    editor(folder, monkeypatch, "9090", "1", code=3)
    assert esc("edit").code == 2
    assert (folder / "dev.yaml").read_text() == DEV.replace("8080", "9090")


def test_an_environment_that_is_emptied_is_not_written(esc: Esc, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(folder, monkeypatch, DEV, "\n")
    assert esc("edit").code == 2
    monkeypatch.setenv("VISUAL", "vi '")
    assert esc("edit").code == 2
    assert (folder / "dev.yaml").read_text() == DEV


def test_an_environment_begins_as_an_empty_file(
    esc: Esc, sophia: Sophia, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "dev.yaml").write_text("")
    monkeypatch.setenv("VISUAL", "true")
    assert "nothing changed" in esc("edit").out
    for path, value in (("app.port", "8080"), ("app.name", "shop")):
        assert sophia("esc", "set", "shop/dev", path, value).code == 0
    assert (folder / "dev.yaml").read_text() == "values:\n  app:\n    port: 8080\n    name: shop\n"


def test_what_cloud_has_is_edited_with_its_ciphertexts(
    esc: Esc, server: EscServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_ENVIRONMENTS", "cloud")
    server.put("shop/dev", DEV)
    editor(folder, monkeypatch, "8080}", "9090}\n  new: {fn::secret: canary-new}")
    assert esc("edit").code == 0
    assert server.plain("shop/dev") == DEV.replace("8080}", '9090}\n  new: {fn::secret: "canary-new"}').replace(
        "canary-db$$a", '"canary-db$$a"'
    )
    assert "canary" not in server.kept["shop/dev"].revisions[-1]
    editor(folder, monkeypatch, "9090", "1")
    server.faults = [Fault("^PATCH", deed=lambda: server.put("shop/dev", "values: {a: 1}\n"))]
    ran = esc("edit")
    assert (ran.code, "changed" in ran.err) == (1, True)
    assert server.plain("shop/dev") == "values: {a: 1}\n"


STEPS: list[Step] = [
    (HTTPConnectionPool, "urlopen"),
    (subprocess, "run"),
    (shutil, "rmtree"),
    (os, "mkdir"),
    (os, "replace"),
]


@pytest.mark.parametrize("way", ["first push", "push", "first pull", "pull", "edit", "edit at cloud"])
def test_a_run_that_is_killed_before_any_of_its_steps_is_run_again_and_nothing_is_lost(
    sophia: Sophia, server: EscServer, folder: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    editor(folder, monkeypatch, "8080", "9090")
    command, new = way.removeprefix("first ").split()[0], DEV.replace("8080", "9090")
    monkeypatch.setenv("SOPHIA_ENVIRONMENTS", "cloud" if way == "edit at cloud" else "files")
    for at in count(1):
        name, file = f"shop/dev{at}", folder / f"dev{at}.yaml"
        if way in ("first pull", "edit at cloud"):
            server.put(name, new if command == "pull" else DEV)
        else:
            file.write_text(new if way == "first push" else DEV)
        if way in ("push", "pull"):
            assert sophia("esc", "push", name).code == 0
            file.write_text(new) if command == "push" else server.put(name, new)
        if not (child := os.fork()):
            die_before(at, STEPS)
            main(["esc", command, name])
            os._exit(0)
        was_killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert sophia("esc", command, name).code == 0, at
        places: list[Source] = [] if way == "edit" else [Cloud()]
        places += [] if way == "edit at cloud" else [Local(Files(folder))]
        for place in places:
            found = place.open(name)
            assert (found.value("app.port").plain(), found.value("db").secret) == (9090, True), at
        if not was_killed:
            break
    assert at > 3
    assert set(Files(folder).names()) == {file.stem for file in folder.glob("dev*.yaml")}


def test_the_commands_follow_the_setting(esc: Esc, server: EscServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_ENVIRONMENTS", "cloud")
    server.put("shop/dev", DEV.replace("8080", "9090"))
    assert esc("get", "app.port").out == "9090\n"
    assert json.loads(esc("open").out) == {"app": {"port": 9090}, "db": "[secret]"}
    assert esc("check").code == 0
    assert esc("get", "app.port", "--from", "esc").out == "8080\n"
