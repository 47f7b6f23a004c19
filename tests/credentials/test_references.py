"""What stands in place of a credential, and what is said where that leads to none."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pulumi.runtime import reset_options

from sophia_infra.credentials import CredentialError, is_reference, resolve
from sophia_infra.journal import Journal, JournalError
from tests.support.refusals import refused

SECRET = "canary-of-a-reference"


def _file(path: Path, content: str = SECRET, mode: int = 0o600) -> str:
    path.write_bytes(content.encode())
    path.chmod(mode)
    return f"file:{path}"


@pytest.mark.parametrize(
    "given",
    ["", "plain", "a:b", "sk-ant-x", "c2VjcmV0Og==", "postgresql://u:p@db.example/audit", "https://x.example", "C:/x"],
)
def test_what_is_no_reference_is_the_credential_itself(given: str) -> None:
    assert resolve(given, "x") == given
    assert not is_reference(given)


def test_a_variable_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_TEAM", f" {SECRET}\n")
    assert resolve("env:OF_TEAM", "x") == resolve("ENV:OF_TEAM", "x") == f" {SECRET}\n"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("a\n", "a"),
        ("a\r\n", "a"),
        ("a\n\n", "a\n"),
        (" a ", " a "),
        ("a\nb\n", "a\nb"),
        ("a", "a"),
        ("\ufeffa\r\n", "a"),
    ],
)
def test_of_a_file_one_line_end_at_its_end_is_left_out(tmp_path: Path, content: str, found: str) -> None:
    assert resolve(_file(tmp_path / "x", content), "x") == found


def test_a_path_may_be_a_url_begin_at_home_or_at_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _file(tmp_path / "x")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert {resolve(f"file:{path}", "x") for path in (f"//{tmp_path}/x", "~/x", "x")} == {SECRET}


@pytest.mark.parametrize("text", ["env:HOME", "file:/x", "vault://x", "literal:x", "", "//x"])
def test_a_credential_that_looks_like_a_reference_is_written_after_literal(text: str) -> None:
    if text:
        assert resolve(f"literal:{text}", "x") == text


@pytest.mark.parametrize(
    "given",
    [
        "vault://canary-path",
        "env:canary-with-a-dash",
        "env:",
        "file:",
        "file:canary\nline",
        "s3://canary-x",
        "esc://canary",
    ],
)
def test_what_may_be_a_credential_after_all_is_not_shown(given: str) -> None:
    with refused(CredentialError, "reference-unknown", field="sophia:tsigSecret") as found:
        resolve(given, "sophia:tsigSecret")
    assert "canary" not in str(found.value)
    assert found.value.subject == ""


def test_a_refusal_names_every_kind_that_there_is() -> None:
    with refused(
        CredentialError,
        "reference-unknown",
        says=r"give env:NAME, file:PATH, esc://PROJECT/ENVIRONMENT/path.of.value, literal:TEXT, the last",
    ):
        resolve("vault://x", "sophia:tsigSecret")


@pytest.mark.parametrize(
    ("given", "subject"),
    [
        ("env:NOWHERE_SET", "env:NOW..."),
        ("env:canary", "env:ca..."),
        ("file:canary-x/y", "file:can..."),
        (f"file:/nowhere/{'canary' * 100}", "file:/nowhere/can..."),
        ("ENV:x", "ENV:..."),
    ],
)
def test_of_a_reference_to_nothing_only_the_beginning_is_shown_as_it_may_be_a_password(
    given: str, subject: str
) -> None:
    with refused(CredentialError, "reference-missing", field="sophia:tsigSecret", subject=subject) as found:
        resolve(given, "sophia:tsigSecret")
    assert given not in str(found.value)
    assert f"'{subject}'" in str(found.value)


def test_a_reference_to_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    for given in ("env:EMPTY", _file(tmp_path / "x", "\n"), "literal:"):
        with refused(CredentialError, "reference-empty", field="x", subject=given):
            resolve(given, "x")


def test_a_file_that_is_not_there_is_told_from_one_that_can_not_be_read(tmp_path: Path) -> None:
    for name in ("none", "none/none", "x" * 300):
        with refused(CredentialError, "reference-missing", field="x"):
            resolve(f"file:{tmp_path}/{name}", "x")
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "octets").write_bytes(b"\xff\xfe")
    (tmp_path / "octets").chmod(0o600)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    _file(tmp_path / "long", "x" * (2**16 + 1))
    for name in ("pipe", "octets", "loop", "long", "."):
        with refused(CredentialError, "reference-unreadable", field="x", subject=f"file:{tmp_path}/{name}"):
            resolve(f"file:{tmp_path}/{name}", "x")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "esc").mkdir()
    (tmp_path / "esc" / "prod.yaml").write_text(
        f'values: {{sophia: {{token: {{fn::secret: {SECRET}}}, number: 7, "a key": [x, {SECRET}], empty: ""}}}}\n'
    )
    return tmp_path / "esc" / "prod.yaml"


def test_of_an_environment_a_value_is_taken_by_its_path(environment: Path) -> None:
    assert resolve("esc://shop/prod/sophia.token", "x") == SECRET
    assert resolve('esc://prod/sophia["a key"][1]', "x") == SECRET


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("esc://shop/none/sophia.token", "reference-missing"),
        ("esc://shop/prod/sophia.none", "reference-missing"),
        ("esc://shop/prod/sophia.empty", "reference-empty"),
        ("esc://shop/prod/sophia.number", "reference-unreadable"),
        ('esc://shop/prod/sophia["a', "reference-unreadable"),
        ("esc://../prod/sophia.token", "reference-unreadable"),
    ],
)
def test_what_an_environment_does_not_hold_is_refused(environment: Path, given: str, code: str) -> None:
    with refused(CredentialError, code, field="x", subject=given):
        resolve(given, "x")


def test_an_environment_with_an_error_is_named_by_line_and_no_value_of_it_is_shown(environment: Path) -> None:
    environment.write_text(f"values:\n  sophia: {{token: {SECRET}, bad: '${{none.there}}'}}\n")
    with refused(CredentialError, "reference-unreadable", says=r"prod\.yaml:2:") as found:
        resolve("esc://shop/prod/sophia.token", "x")
    assert SECRET not in str(found.value)


def test_an_environment_is_evaluated_once_a_run(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve("esc://shop/prod/sophia.token", "x") == SECRET
    environment.write_text("values: {sophia: {token: other, later: more}}\n")
    with refused(CredentialError, "reference-missing"):
        resolve("esc://shop/prod/sophia.later", "x")
    monkeypatch.setenv("SOPHIA_RUN", "the next")
    assert resolve("esc://shop/prod/sophia.token", "x") == "other"


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
def test_a_file_that_every_user_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    given = _file(tmp_path / "x", mode=mode)
    with refused(
        CredentialError, "reference-exposed", field="x", subject=given, says=f"chmod o= {tmp_path}/x"
    ) as found:
        resolve(given, "x")
    assert found.value.value == f"{mode:04o}"
    (tmp_path / "x").chmod(0o640)
    assert resolve(given, "x") == SECRET, "a group is somebody's choice"


def test_all_of_a_run_gets_what_it_found_first_and_the_next_run_what_stands_there_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = _file(tmp_path / "x", "first")
    monkeypatch.setenv("SOPHIA_RUN", "one")
    assert resolve(given, "x") == "first"
    _file(tmp_path / "x", "second")
    found = []
    thread = threading.Thread(target=lambda: found.append(resolve(given, "x")))
    thread.start()
    thread.join()
    assert found == ["first"]
    monkeypatch.setenv("SOPHIA_RUN", "two")
    assert resolve(given, "x") == "second"


def test_programs_that_one_process_runs_inline_one_after_the_other_look_up_anew(tmp_path: Path) -> None:
    def begins(engine: str) -> None:  # as pulumi/automation/_server.py does for each run
        reset_options(project="demo", stack="dev", engine_address=engine, monitor_address=engine)

    def in_a_thread() -> str:
        with ThreadPoolExecutor() as pool:
            return pool.submit(resolve, given, "x").result()

    given = _file(tmp_path / "x", "first")
    try:
        begins("127.0.0.1:9")
        assert resolve(given, "x") == "first"
        _file(tmp_path / "x", "second")
        assert (resolve(given, "x"), in_a_thread()) == ("first", "first")
        begins("127.0.0.1:9")
        assert (resolve(given, "x"), in_a_thread()) == ("second", "second")
    finally:
        reset_options()


def test_what_leads_to_nothing_is_looked_up_again(tmp_path: Path) -> None:
    with refused(CredentialError, "reference-missing"):
        resolve(f"file:{tmp_path}/x", "x")
    assert resolve(_file(tmp_path / "x"), "x") == SECRET


@pytest.mark.parametrize("password", ["canary/x", "canary%x", "canary@x", "canary#x", "canary?x", "canary["])
def test_a_url_of_a_database_that_can_not_be_read_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("AUDIT", f"postgresql://sophia:{password}@db.example/audit")
    with refused(JournalError, "journal-unusable", field="sophia:journal", says="percent-encoded") as found:
        Journal.open("env:AUDIT", "sophia:journal")
    assert "canary" not in str(found.value)


def test_a_journal_by_reference_is_known_by_its_place_and_not_by_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT", f"postgresql://sophia:{SECRET}@db.example:5433/audit")
    monkeypatch.setenv("SOPHIA_JOURNAL", "env:AUDIT")
    assert Journal.open().name == Journal.open("env:AUDIT").name == "postgresql://db.example:5433/audit"
    assert SECRET not in repr(Journal.open())
