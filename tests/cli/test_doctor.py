"""`sophia doctor`: what each check finds wrong, and what the command makes of it."""

import json
import shutil
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import clock, doctor
from sophia_infra.doctor import CHECKS, Result, Stack, Status, examine, records
from sophia_infra.doctor.zone_backends import described
from sophia_infra.journal import Journal, Kind
from sophia_infra.version import VERSION
from tests.cli.conftest import Sophia, Write
from tests.support import foreign
from tests.support.workspace import REPO


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an engine that answers, and no journal."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("pulumi", "pulumi-language-python"):
        (programs / name).write_text('#!/bin/sh\n[ "$1" = version ] && echo v3.300.0 || echo anna\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    for variable in ("CLOUDFLARE_API_TOKEN", "NAMECHEAP_API_KEY", "SOPHIA_TSIG_SECRET", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SOPHIA_NOW", raising=False)
    return programs


def _status(check: str, stack: Stack | None = None) -> tuple[Status, str]:
    found = CHECKS[check](stack or Stack())
    assert found.check == check
    assert bool(found.way_out) is (found.status != Status.OK)
    return found.status, found.message


def test_a_fit_machine_exits_with_0(sophia: Sophia, write: Write) -> None:
    file = write("Pulumi.dev.yaml", "config:\n  sophia:limits: {max_deletes: 3}\n  sophia:tsigSecret: {secure: v1:x}\n")
    ran = sophia("doctor", "--stack", file, "--json")
    assert ran.code == 0
    assert [(found["check"], found["status"]) for found in ran.json("doctor")["checks"]] == [
        (name, "ok") for name in CHECKS
    ]


def test_a_problem_exits_with_1_and_names_what_mends_it(sophia: Sophia, machine: Path) -> None:
    (machine / "pulumi").write_text("#!/bin/sh\n[ $1 = version ] && echo v3.300.0\n")
    ran = sophia("doctor")
    assert ran.code == 1
    assert (
        "problem  login: pulumi is not logged in, or can't reach its states; to mend it: pulumi login"
        in ran.out.splitlines()
    )
    assert not sophia("doctor", "--json").json("doctor")["ok"]


def test_a_warning_exits_with_0(sophia: Sophia, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "2026-11-23T12:00:00+00:00")
    ran = sophia("doctor")
    assert ran.code == 0
    assert "warning  clock: " in ran.out


def test_a_time_that_is_none_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "tomorrow")
    assert _status("clock")[0] == Status.PROBLEM


@pytest.mark.parametrize("missing", ["pulumi", "pulumi-language-python"])
def test_an_engine_that_is_not_whole_is_a_problem(machine: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setenv("PATH", str(machine))
    (machine / missing).unlink()
    status, message = _status("engine")
    assert status == Status.PROBLEM
    assert missing in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("config: {sophia:autonmy: apply}", "sophia:autonmy"),
        ("config: {sophia:autonomy: always}", "sophia:autonomy"),
        ("config: {sophia:limits: {max_deletes: -1}}", "max_deletes"),
        ("config: {sophia:tsigSecret-inside: hunter2}", "for all to read"),
        ("config: {sophia:tsigSecret: 'literal:hunter2'}", "for all to read"),
        ("- hunter2", "not the YAML of a stack"),
        ("config: hunter2", "not the YAML of a stack"),
        ("config: [hunter2", "not the YAML of a stack"),
    ],
)
def test_settings_that_a_run_would_refuse_are_a_problem(write: Write, text: str, told: str) -> None:
    status, message = _status("configuration", Stack.read(Path(write("Pulumi.dev.yaml", text))))
    assert status == Status.PROBLEM
    assert told in message
    assert "hunter2" not in message


def test_a_stack_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert _status("configuration", Stack.read(tmp_path / "Pulumi.none.yaml"))[0] == Status.PROBLEM


def test_a_journal_whose_end_is_gone_is_a_problem() -> None:
    journal = Journal.open()
    journal.storage.append(Kind.OUTCOME, "zone", {"n": 1})
    assert _status("journal")[0] == Status.OK
    pin = Path(journal.name).with_suffix(".head")
    pin.write_text(f"2:{'0' * 64}\n")
    assert _status("journal")[0] == Status.PROBLEM
    pin.unlink()
    assert _status("journal")[0] == Status.PROBLEM


def test_a_journal_whose_place_is_secret_is_not_mistaken_for_the_one_here() -> None:
    assert _status("journal", Stack(secret=frozenset({"sophia:journal"})))[0] == Status.WARNING


def test_a_journal_that_is_none_is_a_problem_and_the_stack_says_where_it_is(write: Write) -> None:
    file = write("other.db", "no journal" * 100)
    assert _status("journal", Stack(values={"sophia:journal": file}))[0] == Status.PROBLEM


def test_a_check_without_an_answer_is_a_problem() -> None:
    found = examine(budget=0.0, checks={"clock": CHECKS["clock"]})
    assert [(result.check, result.status) for result in found] == [("clock", Status.PROBLEM)]
    assert isinstance(found[0], Result)
    assert doctor.BUDGET > 0


def test_looking_at_a_journal_of_an_older_release_does_not_upgrade_it(tmp_path: Path) -> None:
    for name in ("journal.db", "journal.head"):
        shutil.copy(REPO / "tests" / "fixtures" / "release_0_1" / name, tmp_path / name)
    before = (tmp_path / "journal.db").read_bytes()
    for check in ("journal", "clock"):
        assert _status(check, Stack(values={"sophia:journal": str(tmp_path / "journal.db")}))[0] != Status.PROBLEM
    assert (tmp_path / "journal.db").read_bytes() == before


def test_a_journal_that_can_not_be_written_to_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.open()
    journal.storage.append(Kind.OUTCOME, "zone", {"n": 1})
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != Path(journal.name))  # root may write anywhere
    status, message = _status("journal")
    assert (status, message) == (Status.PROBLEM, f"{journal.name} can't be written to")


def _rfc2136(port: int, **more: str) -> str:
    given = {"kind": "rfc2136", "server": "127.0.0.1", "port": port, **more}
    return json.dumps({"config": {"shop:backend": given, "shop:domain": "foo.example"}})


def _read(write: Write, text: str) -> Stack:
    return Stack.read(Path(write("Pulumi.dev.yaml", text)))


def test_a_home_of_the_configuration_is_reached_or_not(write: Write) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        stack = _read(write, _rfc2136(port))
        assert _status("homes", stack) == (Status.OK, f"reached: shop:backend (127.0.0.1:{port})")
    status, message = _status("homes", stack)
    assert status == Status.PROBLEM
    assert message == f"shop:backend (127.0.0.1:{port}): Connection refused"


@pytest.mark.parametrize("kept", [json.dumps, dict])
def test_homes_are_found_wherever_they_stand_in_the_configuration(kept: Callable[[Any], Any]) -> None:
    inside = {"kind": "rfc2136", "server": "a.test", "key_name": "k", "credential": "inside", "limits": {"floor": 1}}
    values = {"shop:backends": kept({"inside": inside, "outside": {"kind": "file"}, "own": {"kind": "mine:Home"}})}
    stack = Stack(values={**values, "shop:certificate": {"issuer": {"kind": "embedded"}}})
    assert [home.path for home in described(stack)] == ["shop:backends.inside", "shop:backends.outside"]
    assert described(stack)[0].needs() == ("tsigSecret-inside", "SOPHIA_TSIG_SECRET_INSIDE")
    assert _status("homes", Stack(values={"shop:backend": {"kind": "file"}})) == (
        Status.OK,
        "nothing to reach: shop:backend",
    )


def test_a_home_whose_settings_no_run_would_take_is_a_problem(write: Write) -> None:
    stack = _read(write, _rfc2136(53, colour="red"))
    status, message = _status("homes", stack)
    assert (status, message.partition(";")[0]) == (
        Status.PROBLEM,
        "shop:backend: backend.colour is no setting of rfc2136",
    )
    assert _status("credentials", stack)[0] == Status.OK, "which credential it needs nobody knows"


@pytest.mark.parametrize(
    ("home", "key", "variable"),
    [
        ({"kind": "cloudflare"}, "cloudflareToken", "CLOUDFLARE_API_TOKEN"),
        ({"kind": "namecheap", "username": "u", "client_ip": "192.0.2.1"}, "namecheapApiKey", "NAMECHEAP_API_KEY"),
        ({"kind": "rfc2136", "server": "a.test", "key_name": "k"}, "tsigSecret", "SOPHIA_TSIG_SECRET"),
        ({"kind": "cloudflare", "credential": "b"}, "cloudflareToken-b", "CLOUDFLARE_API_TOKEN_B"),
    ],
)
def test_a_credential_that_a_home_reads_is_there_or_not_and_never_shown(
    home: dict[str, str], key: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"shop:backend": home}
    told = f"shop:backend reads sophia:{key} or {variable}, and neither is there"
    assert _status("credentials", Stack(values=values)) == (Status.PROBLEM, told)
    assert _status("credentials", Stack(values=values, opens=True))[0] == Status.WARNING, "ESC may hold it"
    secret = Stack(values=values, secret=frozenset({f"sophia:{key}"}))
    assert _status("credentials", secret) == (Status.OK, f"there are sophia:{key} of shop:backend")
    monkeypatch.setenv(variable, "canary")
    assert _status("credentials", Stack(values=values)) == (Status.OK, f"there are {variable} of shop:backend")


def test_a_reference_that_leads_to_a_credential_is_no_credential_for_all_to_read(write: Write) -> None:
    text = "config: {sophia:cloudflareToken: 'env:OF_TEAM', sophia:limits: {max_deletes: 3}}\n"
    assert _status("configuration", Stack.read(Path(write("Pulumi.dev.yaml", text))))[0] == Status.OK


def test_each_reference_is_looked_up_and_what_it_leads_to_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_TEAM", "canary-token")
    monkeypatch.setenv("SOPHIA_CA_PASSPHRASE", f"file:{tmp_path}/passphrase")
    stack = Stack(values={"shop:backend": {"kind": "cloudflare"}, "sophia:cloudflareToken": "env:OF_TEAM"})
    status, message = _status("credentials", stack)
    assert (status, message) == (
        Status.PROBLEM,
        f"SOPHIA_CA_PASSPHRASE is 'file:{str(tmp_path)[:12]}...', and there is no such file",
    )
    names = ["SOPHIA_CA_PASSPHRASE", "sophia:cloudflareToken"]
    (tmp_path / "passphrase").touch(0o600)
    (tmp_path / "passphrase").write_text("canary-passphrase")
    found = ["sophia:cloudflareToken of shop:backend", *(f"what {name} refers to" for name in names)]
    assert _status("credentials", stack) == (Status.OK, f"there are {', '.join(found)}")


def test_a_server_without_a_key_and_a_master_file_need_no_credential() -> None:
    values = {"shop:backends": [{"kind": "file"}, {"kind": "rfc2136", "server": "a.test"}]}
    assert _status("credentials", Stack(values=values)) == (Status.OK, "none is needed")


def test_the_model_that_advises_reads_a_credential_too() -> None:
    status, message = _status("credentials", Stack(values={"sophia:advisor": "claude"}))
    assert status == Status.PROBLEM
    assert message.startswith("sophia:advisor reads sophia:anthropicApiKey or ANTHROPIC_API_KEY")


@pytest.mark.parametrize(
    ("engine", "needed", "status"),
    [
        ("v3.300.0", "pulumi<4,>=3.259", Status.OK),
        ("v3.259.0-dev.1", "pulumi<4,>=3.259", Status.OK),
        ("v3.100.0", "pulumi<4,>=3.259", Status.PROBLEM),
        ("v4.0.0", "pulumi<4,>=3.259", Status.PROBLEM),
        ("v3.300.0", "pulumi<4,>=3.900", Status.PROBLEM),
    ],
)
def test_library_sdk_and_engine_have_to_fit(
    machine: Path, monkeypatch: pytest.MonkeyPatch, engine: str, needed: str, status: Status
) -> None:
    (machine / "pulumi").write_text(f"#!/bin/sh\necho {engine}\n")
    found = (VERSION, "3.272.0", ["pulumi-policy<2; extra == 'policies'", needed])
    monkeypatch.setattr("sophia_infra.doctor.releases._installed", lambda python: found)
    assert _status("versions")[0] == status


def test_the_versions_are_those_of_the_projects_own_environment(tmp_path: Path, machine: Path) -> None:
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    stack = Stack(project={"name": "p", "runtime": {"name": "python", "options": {"virtualenv": "env"}}})
    assert _status("project", stack) == (Status.PROBLEM, "project p runs in env, where there is no Python")
    python.write_text("""#!/bin/sh\necho '["9.9.9", "3.272.0", ["pulumi<4,>=3.259"]]'\n""")
    python.chmod(0o755)
    assert _status("project", stack) == (Status.OK, "project p runs python in env")
    status, message = _status("versions", stack)
    assert status == Status.WARNING
    assert message.startswith("sophia-infra 9.9.9, pulumi 3.272.0, engine v3.300.0; this command is of sophia-infra ")
    python.write_text("#!/bin/sh\nexit 1\n")
    assert _status("versions", stack)[0] == Status.WARNING


def test_the_projects_own_configuration_counts_and_the_stacks_stands_above_it(write: Write) -> None:
    write(
        "Pulumi.yaml",
        """\
name: shop
runtime: python
config:
  sophia:autonomy: always
  domain: {type: string, default: foo.example}
  token: {secret: true}
""",
    )
    assert _status("configuration", Stack.read(None))[1].startswith("Pulumi.yaml: sophia:autonomy is 'always'")
    stack = _read(write, "config: {sophia:autonomy: suggest}")
    assert _status("configuration", stack)[0] == Status.OK
    assert stack.values == {"sophia:autonomy": "suggest", "shop:domain": "foo.example"}
    assert _status("project", stack) == (Status.OK, "project shop runs python")


@pytest.mark.parametrize("text", ["[hunter2", "- hunter2", "name: 5\nruntime: python", "name: p"])
def test_a_project_that_says_too_little_is_a_problem(write: Write, text: str) -> None:
    write("Pulumi.yaml", text)
    status, message = _status("project", Stack.read(None))
    assert status == Status.PROBLEM
    assert "hunter2" not in message


def test_a_clock_behind_the_newest_row_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    Journal.open().storage.append(Kind.OUTCOME, "zone", {"n": 1})
    now = clock.machine_time()
    assert _status("clock")[0] == Status.OK
    monkeypatch.setattr("sophia_infra.clock.machine_time", lambda: now - timedelta(hours=1))
    status, message = _status("clock")
    assert status == Status.PROBLEM
    assert f"the newest row of the journal is of {now:%Y-%m-%d %H}" in message


def test_rows_that_count_for_nothing_are_told_before_a_run_and_how_to_take_them_on(tmp_path: Path) -> None:
    stack = Stack(values={"sophia:journal": str(tmp_path / "journal.db")})
    with foreign.machine():
        Journal.open(tmp_path).storage.append(Kind.OUTCOME, "zone", {"n": 1})
    [result] = examine(stack.file, checks={"journal": lambda _: CHECKS["journal"](stack)})
    assert (result.status, result.way_out) == (Status.WARNING, "sophia audit accept")
    assert "1 rows let nothing through here" in result.message


def test_an_older_journal_is_told_with_what_its_upgrade_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("journal.db", "journal.head"):
        shutil.copy(REPO / "tests" / "fixtures" / "release_0_1" / name, tmp_path / name)
    stack = Stack(values={"sophia:journal": str(tmp_path / "journal.db")})
    status, message = _status("journal", stack)
    assert status == Status.WARNING
    assert "nothing shows that it was on this machine" in message
    (tmp_path / "state" / "sophia").mkdir(parents=True)
    (tmp_path / "state" / "sophia" / "0123.lock").touch()
    assert "its first use here takes over all but its approvals" in _status("journal", stack)[1]


def test_a_key_that_can_seal_nothing_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", "short")
    status, message = _status("journal")
    assert status == Status.PROBLEM
    assert "SOPHIA_ADVICE_KEY has 5 octets" in message


def test_a_journal_that_grew_large_is_to_be_pruned(monkeypatch: pytest.MonkeyPatch) -> None:
    Journal.open().storage.append(Kind.OUTCOME, "zone", {"n": 1})
    monkeypatch.setattr(records, "MANY", 2)
    assert _status("journal")[0] == Status.OK
    Journal.open().storage.append(Kind.OUTCOME, "zone", {"n": 2})
    [result] = examine(checks={"journal": CHECKS["journal"]})
    assert (result.status, result.way_out) == (Status.WARNING, "sophia audit prune --before 365d --to FILE")


@pytest.mark.parametrize("variable", ["SOPHIA_ESC_PASSPHRASE", "SOPHIA_ESC_KEY_FILE"])
def test_what_opens_environments_is_no_reference_whatever_it_looks_like(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "file:canary")
    assert _status("credentials", Stack()) == (Status.OK, "none is needed")
