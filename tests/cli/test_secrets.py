from pathlib import Path

import pytest

from sophia_infra.journal import Journal
from sophia_infra.secrets.events import ADOPTED, Ask, SecretEvent, wished
from sophia_infra.secrets.phases import Phase
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


def test_a_rotation_is_asked_for_once(sophia: Sophia, journal: Journal) -> None:
    asked = sophia("secrets", "rotate", "app-db", "--why", "it was in a log", "--json").json("secrets-ask")
    assert (asked["asked"], asked["generation"]) == ("rotate", 1)
    assert sophia("secrets", "rotate", "app-db").code == 0
    wish = wished(journal, LABEL, Ask.ROTATE, 1)
    assert wish is not None
    assert wish.why == "it was in a log"
    assert "asked: rotate" in sophia("secrets", "show", "app-db").out


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
