import io
import json
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete

from sophia_infra import home
from sophia_infra.cli import main
from sophia_infra.cli import sophia as program
from sophia_infra.esc import Environment, EscError, Files
from sophia_infra.esc.cipher import KEY_FILE, PASSPHRASE
from tests.cli.conftest import Sophia, spawn

BASE = "values: {app: {port: 8080}, url: 'http://${app.port}/'}\n"
DEV = """\
imports: [base]
values:
  # who may see it
  db: {fn::secret: canary-db}
  environmentVariables: {DB: "${db}", PORT: "${app.port}"}
  files: {DB_FILE: "${db}"}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(PASSPHRASE, "of the team")
    monkeypatch.delenv(KEY_FILE, raising=False)
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "dev.yaml").write_text(DEV)
    return tmp_path


def test_open_prints_the_values_as_the_reference_does_and_no_secret(sophia: Sophia, folder: Path) -> None:
    ran = sophia("esc", "open", "dev", "--from", str(folder), "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["environmentVariables"] == {"DB": "[secret]", "PORT": 8080}
    assert ran.out.startswith('{\n  "app": {\n    "port": 8080\n  },\n')


def test_secrets_are_printed_where_they_are_asked_for(sophia: Sophia, folder: Path) -> None:
    assert json.loads(sophia("esc", "open", "dev", "--from", str(folder), "--show-secrets").out)["db"] == "canary-db"


@pytest.mark.parametrize("command", ["open", "check", "get"])
def test_an_environment_with_an_error_ends_with_1_and_the_place(sophia: Sophia, folder: Path, command: str) -> None:
    (folder / "bad.yaml").write_text("values:\n  a: ${nowhere}\n")
    ran = sophia("esc", command, "bad", *(["a"] if command == "get" else []), "--from", str(folder), "--json")
    assert ran.code == 1
    error = ran.json("error")["error"]
    assert (error["code"], error["field"]) == ("esc-reference", "values.a")
    assert f"{folder / 'bad.yaml'}:2:6" in error["message"]


def test_check_tells_what_is_odd(sophia: Sophia, folder: Path) -> None:
    (folder / "odd.yaml").write_text("values: {a: 1}\nvalue: 2\n")
    ran = sophia("esc", "check", "odd", "--from", str(folder), "--json")
    assert ran.code == 0
    assert len(ran.json("esc-check")["warnings"]) == 1


@pytest.mark.parametrize("words", [("check", "pull"), ("keys",)])
def test_what_only_looks_runs_no_command_of_an_environment(
    sophia: Sophia, folder: Path, words: tuple[str, ...]
) -> None:
    program = [sys.executable, "-c", f"open({str(folder / 'ran')!r}, 'w')"]
    (folder / "pull.yaml").write_text(f"values: {{a: {{fn::open::command: {{run: {json.dumps(program)}}}}}}}\n")
    assert sophia("esc", *words, "--from", str(folder)).code == 0
    assert not (folder / "ran").exists()
    assert sophia("esc", "open", "pull", "--from", str(folder)).code == 0
    assert (folder / "ran").exists()


def test_get_says_where_a_value_is_from(sophia: Sophia, folder: Path) -> None:
    found = sophia("esc", "get", "dev", "app.port", "--from", str(folder), "--json").json("esc-get")
    assert (found["value"], found["secret"], found["place"]) == (8080, False, f"{folder / 'base.yaml'}:1:22")
    assert sophia("esc", "get", "dev", "url", "--from", str(folder)).out == "http://8080/\n"
    assert sophia("esc", "get", "dev", "db", "--from", str(folder)).out == "[secret]\n"


def test_a_secret_that_is_set_is_encrypted_and_comments_stay(
    sophia: Sophia, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sophia("esc", "set", "dev", "db", "canary-new", "--secret", "--from", str(folder)).code == 0
    text = (folder / "dev.yaml").read_text()
    assert "canary" not in text
    assert text.replace(text[text.index("{ciphertext") : text.index("}}") + 1], "canary-db") == DEV
    found = sophia("esc", "get", "dev", "db", "--from", str(folder), "--show-secrets")
    assert found.out == "canary-new\n"
    monkeypatch.setenv(PASSPHRASE, "of others")
    ran = sophia("esc", "open", "dev", "--from", str(folder), "--json")
    assert (ran.code, ran.json("error")["error"]["code"]) == (1, "esc-key")
    monkeypatch.delenv(PASSPHRASE)
    ran = sophia("esc", "keys", "--from", str(folder), "--json")
    assert (ran.code, ran.json("error")["error"]["code"]) == (1, "esc-key")


def test_a_value_is_read_as_written_and_a_secret_is_the_text_itself(sophia: Sophia, folder: Path) -> None:
    def set_and_get(value: str, *options: str) -> tuple[str, str]:
        told = sophia("esc", "set", "dev", "new", value, *options, "--from", str(folder))
        assert told.code == 0
        return told.err, sophia("esc", "get", "dev", "new", "--from", str(folder), "--show-secrets").out

    assert set_and_get("http://${app.port}/") == ("", "http://8080/\n")
    told, read = set_and_get("pa$$w", "--string")
    assert (read, "$$ is read as one $" in told) == ("pa$w\n", True)
    assert set_and_get("pa$$$$w")[1] == "pa$$w\n"
    assert set_and_get("pa$w") == ("", "pa$w\n")
    assert set_and_get("pa$$w${app.none}", "--secret") == ("", "pa$$w${app.none}\n")


def test_a_value_that_would_give_the_environment_an_error_is_not_written(sophia: Sophia, folder: Path) -> None:
    before = (folder / "dev.yaml").read_text()
    ran = sophia("esc", "set", "dev", "new", "pa${app.none}", "--from", str(folder), "--json")
    assert (ran.code, ran.json("error")["error"]["code"]) == (1, "esc-reference")
    assert (folder / "dev.yaml").read_text() == before


def test_a_key_is_made_once_and_only_its_user_may_read_it(
    sophia: Sophia, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = folder / "team.key"
    assert sophia("esc", "keys", "--new", str(key), "--json").json("esc-keys")["made"] == str(key)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert sophia("esc", "keys", "--new", str(key)).code == 2
    monkeypatch.delenv(PASSPHRASE)
    monkeypatch.setenv(KEY_FILE, str(key))
    assert sophia("esc", "set", "dev", "db", "canary-new", "--secret", "--from", str(folder)).code == 0
    assert sophia("esc", "keys", "--from", str(folder), "--json").json("esc-keys")["opened"] == ["base", "dev"]


def test_a_command_has_variables_and_files_that_nobody_else_has(folder: Path) -> None:
    program = (
        "import os, stat; path = os.environ['DB_FILE'];"
        "print(os.environ['DB'] == open(path).read(), os.environ['PORT'], oct(os.stat(path).st_mode & 0o777), path);"
        "raise SystemExit(7)"
    )
    ran = spawn("esc", "run", "dev", "--from", str(folder), "--", sys.executable, "-c", program)
    same, port, mode, path = ran.out.split()
    assert (ran.code, same, port, mode) == (7, "True", "8080", "0o600")
    assert not Path(path).exists()
    assert "DB_FILE" not in os.environ


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_a_command_that_is_told_to_end_tidies_up_and_no_file_stays(folder: Path, number: signal.Signals) -> None:
    program = (
        "import os, pathlib, signal, sys, time\n"
        "def end(*_): time.sleep(0.6); pathlib.Path('tidied').touch(); sys.exit(3)\n"
        "for one in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT): signal.signal(one, end)\n"
        "pathlib.Path('draft').write_text(os.environ['DB_FILE']); os.rename('draft', 'begun'); time.sleep(30)\n"
    )
    ours = "import sys; from sophia_infra.cli import main; sys.exit(main(sys.argv[1:]))"
    words = ["-c", ours, "esc", "run", "dev", "--from", str(folder), "--", sys.executable, "-c", program]
    with subprocess.Popen([sys.executable, *words], cwd=folder, start_new_session=True) as running:
        until = time.monotonic() + 20
        while not (folder / "begun").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        # A terminal interrupts both.
        os.killpg(running.pid, number) if number != signal.SIGTERM else running.send_signal(number)
        assert running.wait(20) == 3
    assert (folder / "tidied").exists()
    assert not Path((folder / "begun").read_text()).exists()


def test_a_signal_before_the_command_is_handed_on_and_no_file_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    started = subprocess.Popen

    def start(*words: Any, **options: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return started(*words, **options)

    monkeypatch.setattr(subprocess, "Popen", start)
    assert main(["esc", "run", "dev", "--from", str(folder), "--", "sleep", "30"]) == 128 + signal.SIGTERM
    assert list(folder.glob("sophia-esc-*")) == []


@pytest.mark.parametrize("odd", ['"A=B": x', '"": x', 'A: "x\\0canary"'])
def test_a_variable_that_no_command_is_given_is_refused_by_name(sophia: Sophia, folder: Path, odd: str) -> None:
    (folder / "odd.yaml").write_text(f"values: {{environmentVariables: {{{odd}}}}}\n")
    ran = sophia("esc", "run", "odd", "--from", str(folder), "--", "true")
    assert ran.code == 1
    assert "no command is given" in ran.err
    assert "canary" not in ran.err


def test_what_others_write_while_a_value_is_typed_stays(
    sophia: Sophia, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Typed(io.StringIO):
        def read(self, size: int | None = -1) -> str:
            (folder / "base.yaml").write_text(BASE.replace("8080", "9090"))
            return super().read(size)

    monkeypatch.setattr("sys.stdin", Typed("eu\n"))
    assert sophia("esc", "set", "base", "app.region", "--from", str(folder)).code == 0
    assert (folder / "base.yaml").read_text() == BASE.replace("8080", "9090, region: eu")


def test_two_that_set_at_once_wait_for_each_other_and_both_have_it_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = threading.Event()
    monkeypatch.setattr(home, "TOLD_AFTER", 0.01)
    monkeypatch.setattr(home, "tell_wait", lambda *_: waits.set())
    codes: list[int] = []
    words = ("esc", "set", "base", "app.second", "b", "--from", str(folder))
    other = threading.Thread(target=lambda: codes.append(main(words)))

    def make(text: str, _: str) -> str:
        other.start()
        assert waits.wait(30)
        return text.replace("8080", "9090")

    Files(folder).change("base", make)
    other.join(30)
    assert codes == [0]
    assert (folder / "base.yaml").read_text() == BASE.replace("8080", "9090, second: b")


def test_an_edit_by_hand_meanwhile_is_not_written_over(folder: Path) -> None:
    (folder / "base.yaml").write_text("values: {by: hand}\n")
    with pytest.raises(EscError) as refused:
        Files(folder).write("base", BASE, before=BASE)
    assert refused.value.code == "esc-moved"
    assert (folder / "base.yaml").read_text() == "values: {by: hand}\n"


def test_a_link_to_an_environment_stays_one(sophia: Sophia, folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (folder / "base.yaml").rename(kept / "base.yaml")
    (folder / "base.yaml").symlink_to(kept / "base.yaml")
    assert sophia("esc", "set", "base", "app.port", "9090", "--from", str(folder)).code == 0
    assert (folder / "base.yaml").is_symlink()
    assert (kept / "base.yaml").read_text() == BASE.replace("8080", "9090")


def test_a_secret_that_is_typed_is_not_shown(folder: Path) -> None:
    terminal, other = pty.openpty()
    of_its_own = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"  # getpass asks the session's terminal
    ours = f"{of_its_own}; import sys; from sophia_infra.cli import main; sys.exit(main(sys.argv[1:]))"
    with subprocess.Popen(
        [sys.executable, "-c", ours, "esc", "set", "dev", "db", "--secret", "--from", str(folder)],
        stdin=other, stdout=other, stderr=other, start_new_session=True,
    ) as running:  # fmt: skip
        os.close(other)
        said = b""
        while b"the secret: " not in said:
            said += os.read(terminal, 1000)
        os.write(terminal, b"canary-typed\n")
        assert running.wait(60) == 0
    while select.select([terminal], [], [], 0)[0]:
        try:
            said += os.read(terminal, 1000)
        except OSError:  # the other end is closed
            break
    os.close(terminal)
    assert b"canary" not in said
    assert Environment.open("dev", folder).value("db").content == "canary-typed"


def test_a_shell_completes_names_of_environments_and_evaluates_none(folder: Path) -> None:
    (folder / "bad.yaml").write_text(f"values: {{a: {{fn::open::command: {{run: [touch, {folder}/ran]}}}}}}\n")
    (folder / "shop").mkdir()
    (folder / "shop" / "prod.yaml").write_text("values: {}\n")

    def completed(begun: str, command: str = "open") -> list[str]:
        asked = ShellComplete(program, {}, "sophia", "_SOPHIA_COMPLETE")
        return [one.value for one in asked.get_completions(["esc", command, "--from", str(folder)], begun)]

    assert completed("") == ["bad", "base", "dev", "shop/prod"]
    assert completed("ba", "run") == ["bad", "base"]
    assert completed("demo/d") == ["demo/dev"], "the folder is that of a project"
    assert completed("shop/") == ["shop/prod"]
    assert not (folder / "ran").exists()


def test_with_cloud_a_shell_completes_what_was_pushed_or_pulled_here_and_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SOPHIA_HOME", raising=False)
    monkeypatch.setenv("SOPHIA_ENVIRONMENTS", "cloud")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "http://127.0.0.1:9")
    (tmp_path / ".sophia" / "esc").mkdir(parents=True)
    (tmp_path / ".sophia" / "esc" / "acme+shop+prod.json").write_text("{}")
    (tmp_path / "esc" / "shop").mkdir(parents=True)
    (tmp_path / "esc" / "shop" / "dev.yaml").write_text("values: {}\n")

    def none(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("socket.socket.connect", none)
    asked = ShellComplete(program, {}, "sophia", "_SOPHIA_COMPLETE")
    found = [one.value for one in asked.get_completions(["esc", "open"], "")]
    assert found == ["acme/shop/prod", "shop/dev"]


@pytest.mark.parametrize(
    "words", [("set", "dev", "a.b", "x"), ("config", "dev", "--stack", "x"), ("set", "none", "a", "x")]
)
def test_each_subcommand_tells_its_error_as_json(sophia: Sophia, folder: Path, words: tuple[str, ...]) -> None:
    (folder / "dev.yaml").write_text("values: {a: '${nowhere}', pulumiConfig: 1}\n")
    ran = sophia("esc", *words, "--from", str(folder), "--json")
    assert ran.code == 1
    assert ran.json("error")["error"]["code"].startswith("esc-")


def test_the_environments_of_a_project_are_found_from_a_folder_below(
    sophia: Sophia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("esc", "below/esc", "below/deep"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    (tmp_path / "esc" / "dev.yaml").write_text("values: {a: 1, b: '${nowhere}'}\n")
    (tmp_path / "below" / "esc" / "dev.yaml").write_text("values: {a: 2}\n")
    monkeypatch.chdir(tmp_path / "below" / "deep")
    assert f"{Path('..') / '..' / 'esc' / 'dev.yaml'}:1:" in sophia("esc", "check", "dev").err
    monkeypatch.chdir(tmp_path / "below")
    assert sophia("esc", "get", "dev", "a").out == "2\n", "what is here goes before"


def test_a_strangers_environments_above_are_not_evaluated(
    sophia: Sophia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in /tmp, where anybody makes folders; they run commands."""
    for folder in ("esc", "mine"):
        (tmp_path / folder).mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: theirs\n")
    (tmp_path / "esc" / "dev.yaml").write_text("values: {a: 1}\n")
    monkeypatch.chdir(tmp_path / "mine")
    assert sophia("esc", "get", "dev", "a").out == "1\n"
    plain = Path.stat

    def of_stranger(path: Path, **named: Any) -> Any:
        found = plain(path, **named)
        return os.stat_result((*found[:4], 4711, *found[5:])) if path.name == "esc" else found

    monkeypatch.setattr(Path, "stat", of_stranger)
    ran = sophia("esc", "get", "dev", "a", "--json")
    assert (ran.code, ran.json("error")["error"]["code"]) == (1, "esc-missing")


def test_get_prints_octets_as_they_are_and_json_has_none(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (folder / "dev.yaml").write_text("values: {a: {fn::fromBase64: YP9i}}\n")
    assert main(("esc", "get", "dev", "a", "--from", str(folder))) == 0
    assert capfdbinary.readouterr().out == b"`\xffb\n"
    assert main(("esc", "get", "dev", "a", "--from", str(folder), "--json")) == 0
    assert json.loads(capfdbinary.readouterr().out)["value"] == "`\ufffdb"


def test_set_says_what_it_wrote_and_no_value(sophia: Sophia, folder: Path) -> None:
    ran = sophia("esc", "set", "dev", "db", "canary-x", "--secret", "--from", str(folder), "--json")
    assert ran.json("esc-set") == {"version": 1, "name": "dev", "path": "db", "secret": True}


@pytest.mark.parametrize(
    "command", ["open", "get", "check", "set", "keys", "run", "config", "diff", "push", "pull", "edit"]
)
def test_each_subcommand_shows_exit_codes_and_examples(sophia: Sophia, command: str) -> None:
    told = sophia("esc", command, "--help").out
    assert "exit codes: 0" in told
    assert f"sophia esc {command}" in told[told.index("examples:") :]
