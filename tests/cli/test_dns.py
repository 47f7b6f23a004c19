import json
import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sophia_infra.journal import Journal, Kind
from tests.cli.conftest import CLEAN, SCHEMAS, Ran, Sophia, Write, spawn

ZONE = "shop.example"
VERBS = ["list", "add", "update", "remove", "backup", "restore"]
UNDO = "to undo it: sophia dns restore shop.example "


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def file(write: Write) -> str:
    return write("live.zone", CLEAN)


@pytest.fixture
def dns(sophia: Sophia, file: str) -> Sophia:
    def run(verb: str, *arguments: str) -> Ran:
        return sophia("dns", verb, ZONE, *arguments, "--backend", "file", "--setting", f"path={file}")

    return run


def lines(dns: Sophia, *arguments: str) -> list[str]:
    ran = dns("list", *arguments)
    assert (ran.code, ran.err) == (0, "")
    return ran.out.splitlines()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_the_reference_describes_its_options(sophia: Sophia, verb: str) -> None:
    ran = sophia("dns", verb, "--help")
    assert ran.code == 0
    assert f"examples:\n  sophia dns {verb} shop.example" in ran.out
    assert "exit codes: 0 done" in ran.out
    reference = (SCHEMAS.parent / "cli.md").read_text()
    options = {word.strip("[],.") for word in ran.out.split() if word.strip("[").startswith("--")}
    assert {option for option in options if option not in reference} <= {"--help"}


def test_a_dry_run_on_a_file_imports_nothing_heavy(file: str) -> None:
    code = (
        "import sys; from sophia_infra.cli import main\n"
        "main(sys.argv[1:])\n"
        "print(sorted({'pulumi', 'grpc', 'anthropic', 'cryptography', 'requests'} & set(sys.modules)))"
    )
    arguments = [
        "dns",
        "add",
        ZONE,
        "api",
        "A",
        "192.0.2.7",
        "--dry-run",
        "--backend",
        "file",
        "--setting",
        f"path={file}",
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", code, *arguments]
    ran = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_list_prints_records_as_a_master_file_has_them(dns: Sophia) -> None:
    assert lines(dns)[1:3] == ["@ 3600 A 192.0.2.1", "@ 3600 MX 10 mail.shop.example."]
    assert lines(dns, "--name", "ns*") == ["ns1 3600 A 192.0.2.53"]
    assert lines(dns, "--type", "mx") == ["@ 3600 MX 10 mail.shop.example."]
    found = dns("list", "--type", "MX", "--json").json("dns-list")
    assert found["records"] == [{"owner": "@", "ttl": 3600, "type": "MX", "rdata": "10 mail.shop.example."}]
    assert (found["zone"], found["serial"]) == (ZONE, 2026112301)


def test_add_makes_a_set_and_adds_to_one(dns: Sophia) -> None:
    ran = dns("add", "api", "A", "192.0.2.7", "--ttl", "60", "--yes")
    assert ran.code == 0
    assert "+ api 60 A 192.0.2.7\n" in ran.out
    assert dns("add", "api", "A", "192.0.2.8", "--yes").code == 0
    assert lines(dns, "--name", "api") == ["api 60 A 192.0.2.7", "api 60 A 192.0.2.8"]
    assert dns("add", "api.shop.example.", "A", "192.0.2.9", "--ttl", "90", "--yes").code == 0
    assert {line.split()[1] for line in lines(dns, "--name", "api")} == {"90"}


def test_a_value_with_blanks_and_quotes_arrives_as_it_was_given(dns: Sophia) -> None:
    assert dns("add", "_dmarc.sub", "TXT", "v=DMARC1; p=none", "--yes").code == 0
    assert dns("add", "@", "MX", "20 backup.mail.example.", "--yes").code == 0
    assert '_dmarc.sub 3600 TXT "v=DMARC1; p=none"' in lines(dns)
    assert "@ 3600 MX 20 backup.mail.example." in lines(dns)


def test_update_replaces_values_or_the_ttl_alone(dns: Sophia) -> None:
    assert dns("update", "mail", "A", "192.0.2.26", "--yes").code == 0
    assert lines(dns, "--name", "mail") == ["mail 3600 A 192.0.2.26"]
    assert dns("update", "mail", "a", "--ttl", "300", "--yes").code == 0
    assert lines(dns, "--name", "mail") == ["mail 300 A 192.0.2.26"]


def test_remove_takes_a_name_a_set_or_a_value(dns: Sophia) -> None:
    for number in (7, 8):
        assert dns("add", "api", "A", f"192.0.2.{number}", "--yes").code == 0
    assert dns("add", "api", "AAAA", "2001:db8::7", "--yes").code == 0
    assert dns("remove", "api", "A", "192.0.2.8", "--yes").code == 0
    assert lines(dns, "--name", "api") == ["api 3600 A 192.0.2.7", "api 3600 AAAA 2001:db8::7"]
    assert dns("remove", "api", "AAAA", "--yes").code == 0
    assert lines(dns, "--name", "api") == ["api 3600 A 192.0.2.7"]
    assert dns("remove", "api", "--yes").code == 0
    assert lines(dns, "--name", "api") == []


@pytest.mark.parametrize("what", ["nowhere", "ns1 AAAA", "ns1 A 192.0.2.99"])
def test_what_is_not_there_can_not_be_removed(dns: Sophia, file: str, what: str) -> None:
    before = Path(file).read_bytes()
    ran = dns("remove", *what.split(), "--yes")
    assert (ran.code, ran.out) == (2, "")
    assert f"there is no {what} in shop.example to remove; see: sophia dns list shop.example" in ran.err
    assert Path(file).read_bytes() == before


def test_what_is_so_already_is_nothing_to_do(dns: Sophia, home: Path) -> None:
    for arguments in (("add", "ns1", "A", "192.0.2.53"), ("update", "ns1", "A", "192.0.2.53")):
        ran = dns(*arguments)
        assert (ran.code, ran.out) == (0, "no changes\n")
    assert dns("add", "ns1", "A", "192.0.2.53", "--json").json("dns-change")["outcome"] == "nothing"
    assert not home.exists()


def test_a_dry_run_shows_the_plan_and_changes_nothing(dns: Sophia, file: str, home: Path) -> None:
    before = Path(file).read_bytes()
    ran = dns("add", "api", "A", "192.0.2.7", "--dry-run")
    assert (ran.code, "+ api 3600 A 192.0.2.7" in ran.out) == (0, True)
    assert dns("add", "api", "A", "192.0.2.7", "--dry-run", "--json").json("dns-change")["outcome"] == "dry-run"
    assert Path(file).read_bytes() == before
    assert not home.exists()


def test_beyond_the_limits_nothing_is_changed_yes_or_not(dns: Sophia, file: str) -> None:
    before = Path(file).read_bytes()
    ran = dns("remove", "@", "MX", "--yes")
    assert ran.code == 1
    assert "if it is meant: --allow '@ MX'\nnothing was changed\n" in ran.out
    found = dns("remove", "@", "MX", "--yes", "--json")
    assert found.code == 1
    assert found.json("dns-change")["outcome"] == "refused"
    assert Path(file).read_bytes() == before
    assert dns("remove", "@", "MX", "--yes", "--allow", "www").code == 1
    assert dns("remove", "@", "MX", "--yes", "--allow", "@ MX").code == 0
    assert lines(dns, "--type", "MX") == []


def test_counts_are_limited_as_well_by_the_options_of_zone_diff(dns: Sophia, write: Write) -> None:
    hosts = "".join(f"host{number} A 192.0.2.{number}\n" for number in range(12))
    assert dns("restore", write("large.zone", CLEAN + hosts), "--yes").code == 0
    fewer = write("fewer.zone", CLEAN + "".join(hosts.splitlines(keepends=True)[4:]))
    ran = dns("restore", fewer, "--yes", "--max-deletes", "3")
    assert ran.code == 1
    assert "4 record sets deleted; max_deletes is 3" in ran.out
    assert len(lines(dns, "--name", "host*")) == 12
    assert dns("restore", fewer, "--yes").code == 0
    assert len(lines(dns, "--name", "host*")) == 8


def test_emptying_a_zone_takes_more_than_naming_its_subjects(dns: Sophia, write: Write) -> None:
    bare = write("bare.zone", "".join(line for line in CLEAN.splitlines(keepends=True) if line[2:5] in ("SOA", "NS ")))
    allowed = [word for name in ("@", "_dmarc", "mail", "ns1", "www") for word in ("--allow", name)]
    assert dns("restore", bare, "--yes", *allowed).code == 1
    assert dns("restore", bare, "--yes", "--max-exposure", "critical").code == 0
    assert {line.split()[2] for line in lines(dns)} == {"SOA", "NS"}


def test_findings_that_are_new_are_shown_and_old_ones_are_not(dns: Sophia, write: Write) -> None:
    broken = write("broken.zone", CLEAN.replace("mail A 192.0.2.25", "mail CNAME www"))
    ran = dns("restore", broken, "--dry-run", "--allow", "mail A", "--json")
    codes = {one["code"] for one in ran.json("dns-change")["findings"]}
    assert "mx-target-is-cname" in codes
    shown = dns("restore", broken, "--yes", "--allow", "mail A")
    assert shown.code == 0
    assert "new error mx-target-is-cname" in shown.out
    assert "verdict: caution" in shown.out
    later = dns("add", "api", "A", "192.0.2.7", "--dry-run", "--json").json("dns-change")
    assert "mx-target-is-cname" not in {one["code"] for one in later["findings"]}


def test_every_change_leaves_a_backup_that_undoes_it(dns: Sophia, home: Path) -> None:
    before = lines(dns)
    ran = dns("update", "mail", "A", "192.0.2.26", "--yes")
    copy = ran.out.partition(UNDO)[2].partition(",")[0]
    assert Path(copy).parent == home / "backups"
    assert dns("restore", copy, "--yes").code == 0
    assert lines(dns)[1:] == before[1:]
    assert dns("restore", copy).out == "no changes\n"


def test_a_change_is_journaled_before_and_after(dns: Sophia, file: str) -> None:
    dns("add", "api", "A", "192.0.2.7", "--yes")
    journal = Journal.open()
    intent, outcome = journal.storage.last(Kind.INTENT, file), journal.storage.last(Kind.OUTCOME, file)
    assert intent is not None
    assert outcome is not None
    assert outcome.value["counts"] == {"creates": 1, "updates": 0, "deletes": 0, "before": 8, "after": 9}
    assert outcome.value["base"] == intent.value["base"]
    assert outcome.value["manage"] == []  # so that no stack takes it for a resource that took its zone on
    assert not journal.is_unfinished(file)
    assert journal.verify().ok


def test_a_backup_goes_to_a_file_of_its_own_the_one_named_or_standard_output(
    dns: Sophia, tmp_path: Path, home: Path
) -> None:
    found = dns("backup", "--json").json("dns-backup")
    assert Path(found["file"]).parent == home / "backups"
    assert found["records"] == 10
    chosen = tmp_path / "chosen.zone"
    assert dns("backup", "--output", str(chosen)).code == 0
    assert dns("backup", "--output", "-").out == chosen.read_text() == Path(found["file"]).read_text()
    assert chosen.read_text().startswith("$ORIGIN shop.example.\n@ 3600 SOA ")
    (tmp_path / "any").touch()
    assert chosen.stat().st_mode == (tmp_path / "any").stat().st_mode
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
    ran = dns("backup", "--output", "-", "--json")
    assert (ran.code, "leave one of them out" in ran.err) == (2, True)


def test_without_a_terminal_silence_is_no_consent(dns: Sophia, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Path(file).read_bytes()
    ran = spawn("dns", "add", ZONE, "api", "A", "192.0.2.7", "--backend", "file", "--setting", f"path={file}")
    assert ran.code == 2
    assert "say --yes" in ran.err
    assert Path(file).read_bytes() == before


@pytest.mark.parametrize(("answer", "code", "added"), [("y", 0, True), ("n", 1, False), ("", 1, False)])
def test_on_a_terminal_it_asks(file: str, answer: str, code: int, added: bool) -> None:
    command = [sys.executable, "-m", "sophia_infra", "dns", "add", ZONE, "api", "A", "192.0.2.7"]
    leader, follower = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.Popen(
        [*command, "--backend", "file", "--setting", f"path={file}"],
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    os.close(follower)
    os.write(leader, f"{answer}\n".encode())
    out, err = run.communicate(timeout=60)
    os.close(leader)
    assert run.returncode == code
    assert b"Change shop.example? [y/N]" in err
    assert ("api 3600 A 192.0.2.7" in Path(file).read_text()) is added
    assert (b"nothing was changed" in out) is not added


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("update", "api", "A", "192.0.2.7"), "there is no api A in shop.example to update; add it"),
        (("update", "mail", "A"), "give values, or --ttl"),
        (("remove", "@", "SOA"), "shop.example can't be without @ SOA; change it with `sophia dns update`"),
        (("remove", "@", "NS"), "shop.example can't be without @ NS"),
        (("add", "www", "A", "192.0.2.7", "--yes"), "www has a CNAME and other data (A)"),
        (("add", "api", "A", "192.0.2.999", "--yes"), "192.0.2.999"),
        (("add", "api", "BOGUS", "x", "--yes"), "BOGUS"),
        (("add", "www.shop.example", "A", "192.0.2.7", "--yes"), "www.shop.example"),
        (("restore", "/nowhere.zone", "--yes"), "/nowhere.zone"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_way_out(
    dns: Sophia, file: str, arguments: tuple[str, ...], message: str
) -> None:
    before = Path(file).read_bytes()
    ran = dns(*arguments, "--json")
    assert ran.code == 2
    assert message in ran.json("error")["error"]["message"]
    assert Path(file).read_bytes() == before


def test_removing_all_of_the_bare_domain_leaves_its_soa_and_name_servers(dns: Sophia) -> None:
    ran = dns("remove", "@", "--dry-run", "--json", *(word for one in ("@ MX", "@ A") for word in ("--allow", one)))
    assert ran.json("dns-change")["changes"]["deletes"] == 3
    assert not any("@ NS" in reason for reason in ran.json("dns-change")["changes"]["reasons"])


def test_one_of_several_name_servers_may_go(dns: Sophia) -> None:
    assert dns("remove", "@", "NS", "ns2.dns-host.test.", "--yes", "--allow", "@ NS").code == 0
    assert lines(dns, "--type", "NS") == ["@ 3600 NS ns1.shop.example."]


def test_restore_makes_a_zone_that_is_not_there_and_no_other_verb_does(
    sophia: Sophia, tmp_path: Path, write: Write
) -> None:
    where = ("--backend", "file", "--setting", f"path={tmp_path / 'new.zone'}")
    refused = sophia("dns", "add", ZONE, "www", "A", "192.0.2.7", "--yes", *where)
    assert refused.code == 2
    assert "there is no zone shop.example at " in refused.err
    kept = write("kept.zone", "www 300 A 192.0.2.7\n")
    assert sophia("dns", "restore", ZONE, str(kept), "--yes", *where).code == 0
    listed = sophia("dns", "list", ZONE, *where).out.splitlines()
    assert [line.split()[2] for line in listed] == ["SOA", "NS", "A"]


@pytest.mark.parametrize("verb", ["list", "backup"])
def test_a_zone_that_is_not_there_can_t_be_shown_or_kept(sophia: Sophia, tmp_path: Path, verb: str) -> None:
    ran = sophia("dns", verb, ZONE, "--backend", "file", "--setting", f"path={tmp_path / 'new.zone'}")
    assert ran.code == 2
    assert "there is no zone shop.example at " in ran.err


def test_a_settings_file_says_where_the_zone_lives(sophia: Sophia, file: str, write: Write) -> None:
    settings = write("settings.yaml", f"kind: file\npath: {file}\n")
    assert (
        sophia("dns", "list", ZONE, "--settings", settings, "--type", "MX").out == "@ 3600 MX 10 mail.shop.example.\n"
    )
    assert "no backend is named" in sophia("dns", "list", ZONE).err


def test_of_two_processes_at_once_none_loses_what_the_other_wrote(file: str) -> None:
    where = ("--backend", "file", "--setting", f"path={file}", "--yes", "--json")
    rans: list[Ran] = []

    def add(number: int) -> None:
        rans.append(spawn("dns", "add", ZONE, f"host{number}", "A", f"192.0.2.{number}", *where))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(1, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    applied = sum(ran.code == 0 for ran in rans)
    assert applied >= 1
    assert len(re.findall(r"^host\d", Path(file).read_text(), re.MULTILINE)) == applied
    refused = [json.loads(ran.out)["error"]["message"] for ran in rans if ran.code]
    assert all("has changed since the preview" in message for message in refused)
