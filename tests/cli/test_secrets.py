import json
from datetime import timedelta
from pathlib import Path

import pytest

from sophia_infra import clock
from sophia_infra.cli import other_secrets
from sophia_infra.journal import Journal
from sophia_infra.journal.postgresql import PostgresStorage
from sophia_infra.secrets.events import ADOPTED, Ask, SecretEvent, emergency, wished
from sophia_infra.secrets.phases import Phase
from sophia_infra.tls.events import CertificateEvent, Event
from tests.cli.conftest import Sophia

LABEL = "demo/test/app-db"
FIRST = (Phase.MINTED, Phase.STAGED, Phase.VERIFIED, Phase.PUBLISHED)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """One secret with its first login."""
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))
    journal = Journal.open()
    write(journal, 1, *FIRST)
    return journal


def write(journal: Journal, generation: int, *phases: str) -> None:
    for phase in phases:
        journal.write(LABEL, SecretEvent(phase, generation, "app-db"))


def test_a_secret_is_listed_with_its_phase_and_its_next_step(sophia: Sophia, journal: Journal) -> None:
    (found,) = sophia("secrets", "list", "--json").json("secrets-list")["secrets"]
    assert (found["phase"], found["generation"], found["published"]) == ("steady", 1, 1)
    write(journal, 2, Phase.MINTED, Phase.STAGED)
    (found,) = sophia("secrets", "list", "--json").json("secrets-list")["secrets"]
    assert (found["phase"], found["generation"], found["published"]) == ("staged", 2, 1)
    write(journal, 2, Phase.VERIFIED, Phase.PUBLISHED)
    journal.write(LABEL, SecretEvent(ADOPTED, 2, "app-db", "api"))
    shown = sophia("secrets", "show", "app-db", "--json").json("secrets-show")
    assert (shown["phase"], shown["published"], shown["consumers"]) == ("adopting", 2, ["api"])
    assert "app-db  generation 2  adopting since" in sophia("secrets", "list").out
    write(journal, 2, Phase.SUSPENDED, Phase.REVOKED, Phase.STEADY)
    assert "steady since" in sophia("secrets", "show", LABEL).out


def test_a_secret_and_a_certificate_stay_listed_behind_any_number_of_later_events(
    sophia: Sophia, journal: Journal
) -> None:
    journal.write("demo/test/shop", CertificateEvent(Event.ISSUED, ("embedded",), "0" * 64))
    for _ in range(25):
        journal.write("demo/test/other", SecretEvent(ADOPTED, 1, "other", "api"))
    listed = sophia("secrets", "list", "--json").json("secrets-list")
    assert [each["name"] for each in listed["secrets"]] == ["app-db", "other"]
    assert "demo/test/shop" in {each["name"] for each in listed["others"]}
    assert sophia("secrets", "rotate", "app-db").code == 0


def test_a_rotation_is_asked_for_once(sophia: Sophia, journal: Journal) -> None:
    asked = sophia("secrets", "rotate", "app-db", "--why", "it was in a log", "--json").json("secrets-ask")
    assert (asked["asked"], asked["generation"]) == ("rotate", 1)
    assert sophia("secrets", "rotate", "app-db").code == 0
    wish = wished(journal, LABEL, Ask.ROTATE, 1)
    assert wish is not None
    assert wish.why == "it was in a log"
    assert "asked: rotate" in sophia("secrets", "show", "app-db").out


def test_an_override_says_who_may_break_until_when_and_why(sophia: Sophia, journal: Journal) -> None:
    for given in (["--until", "2026-12-02", "--why", "leaked"], ["--override", "api", "--why", "leaked"],
                  ["--override", "api", "--until", "2126-12-02", "--why", "leaked"],
                  ["--override", "api", "--until", "2026-12-02"]):  # fmt: skip
        refused = sophia("secrets", "rotate", "app-db", *given, "--json")
        assert (refused.code, refused.json("error")["error"]["code"]) == (2, "override")
    day = f"{clock.now() + timedelta(days=2):%Y-%m-%d}"
    noted = sophia("secrets", "rotate", "app-db", "--override", "api", "--until", day, "--why", "it leaked")
    assert "api may break" in noted.out
    wish = emergency(journal, LABEL, 1)
    assert wish is not None
    assert (wish.broken, wish.why, wish.until is not None) == (("api",), "it leaked", True)


def test_an_abort_is_refused_where_there_is_nothing_to_abort(sophia: Sophia, journal: Journal) -> None:
    refused = sophia("secrets", "abort", "app-db", "--json")
    assert (refused.code, refused.json("error")["error"]["code"]) == (2, "secret-phase")
    write(journal, 2, Phase.MINTED, Phase.STAGED)
    assert sophia("secrets", "abort", "app-db").code == 0
    assert wished(journal, LABEL, Ask.ABORT, 2)


def test_the_history_is_told_newest_first(sophia: Sophia, journal: Journal) -> None:
    events = sophia("secrets", "history", "app-db", "--json").json("secrets-history")["events"]
    assert [event["what"] for event in events] == ["published", "verified", "staged", "minted"]
    assert sophia("secrets", "history", "app-db").out.splitlines()[0].endswith("generation 1  published")


def test_a_name_that_is_not_known_is_refused(sophia: Sophia, journal: Journal) -> None:
    refused = sophia("secrets", "show", "app-bd", "--json")
    assert (refused.code, refused.json("error")["error"]["code"]) == (2, "secret-unknown")
    assert "did you mean app-db?" in refused.err


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that shares no key, in a folder without a stack."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    for name in ("SOPHIA_ADVICE_KEY", "SOPHIA_ADVICE_KEY_OLD", "SOPHIA_JOURNAL"):
        monkeypatch.delenv(name, raising=False)


def others(sophia: Sophia, *options: str) -> dict[str, dict[str, str]]:
    found = sophia("secrets", "list", *options, "--json").json("secrets-list")["others"]
    return {each["name"]: each for each in found}


@pytest.mark.usefixtures("fresh")
def test_a_certificate_s_key_and_the_key_that_seals_are_listed_with_their_age(sophia: Sophia, journal: Journal) -> None:
    event = CertificateEvent(Event.RENEWED, ("embedded",), "0" * 64, generation=2)
    journal.write("demo/test/shop", event)
    found = others(sophia)
    assert list(found) == ["demo/test/shop", "journal.key"]
    assert found["demo/test/shop"]["of"] == "certificate"
    assert found["demo/test/shop"]["next"].endswith("sophia cert plan demo/test/shop")
    assert all(each["since"] for each in found.values())
    shown = sophia("secrets", "show", "journal.key", "--json").json("secrets-show")
    assert shown.items() >= found["journal.key"].items()
    assert "journal.key  of journal since 20" in sophia("secrets", "list").out


@pytest.mark.usefixtures("fresh")
def test_credentials_by_reference_are_listed_by_what_they_refer_to_and_no_value_is_shown(
    sophia: Sophia, journal: Journal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    canary = "canary-" * 6
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n  sophia:cloudflareToken: env:DNS_TOKEN\n  sophia:tsigSecret: {secure: v1}\n  sophia:probe: 'off'\n"
    )
    monkeypatch.setenv("DNS_TOKEN", canary)
    monkeypatch.setenv("SHARED", canary)
    monkeypatch.setenv("SOPHIA_ADVICE_KEY", "env:SHARED")
    monkeypatch.setenv("SOPHIA_ADVICE_KEY_OLD", canary)
    monkeypatch.setenv("SOPHIA_CA_PASSPHRASE", f"literal:{canary}")
    found = others(sophia, "--stack", "Pulumi.dev.yaml")
    assert {name: each["source"] for name, each in found.items()} == {
        "SOPHIA_ADVICE_KEY": "env:SHARED",
        "SOPHIA_ADVICE_KEY_OLD": "the environment",
        "sophia:cloudflareToken": "env:DNS_TOKEN",
    }
    assert "sophia audit rekey" in found["SOPHIA_ADVICE_KEY"]["next"]
    told = sophia("secrets", "list", "--stack", "Pulumi.dev.yaml").out
    shown = sophia("secrets", "show", "sophia:cloudflareToken", "--stack", "Pulumi.dev.yaml").out
    assert canary not in json.dumps(found) + told + shown
    refused = sophia("secrets", "list", "--stack", "Pulumi.none.yaml", "--json")
    assert (refused.code, refused.json("error")["error"]["field"]) == (2, "--stack")


@pytest.mark.usefixtures("fresh")
def test_a_journal_in_postgresql_is_listed_without_its_password() -> None:
    (found,) = other_secrets._of_journal(Journal(PostgresStorage("postgresql://me:canary@db.example/audit")), {})
    assert (found.name, found.source) == ("SOPHIA_JOURNAL", "postgresql://db.example/audit")
