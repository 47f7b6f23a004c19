"""`sophia cert revoke`, by the embedded CA: what it asks before, what it prints, what it refuses."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.journal import Journal
from sophia_infra.tls.events import Event, events
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from tests.cli.conftest import Sophia, Write
from tests.cli.test_cert import LABEL, folder, state, still

__all__ = ["folder", "state", "still"]


def withdrawn(folder: Path) -> str:
    found = EmbeddedCa.at(str(folder)).latest(LABEL)
    assert found is not None
    return found.withdrawn


def test_it_is_revoked_journaled_and_planned_to_be_replaced(sophia: Sophia, state: str, folder: Path) -> None:
    ran = sophia("cert", "revoke", "shop", "--reason", "keyCompromise", "--state", state, "--yes", "--json")
    found = ran.json("cert-revoke")
    assert (ran.code, found["revoked"], found["reason"]) == (0, True, "keyCompromise")
    assert (found["issuer"], found["label"]) == ("embedded", LABEL)
    assert withdrawn(folder) == "revoked by its issuer (keyCompromise)"
    (event,) = (row.row for row in events(Journal.open(), LABEL) if row.row.what is Event.REVOKED)
    assert (event.serial_number, event.problem) == (found["serial_number"], "keyCompromise")
    (planned,) = sophia("cert", "plan", "--state", state, "--json").json("cert-plan")["certificates"]
    assert planned["reasons"] == ["high shop.example certificate renew: revoked by its issuer (keyCompromise)"]
    assert sophia("cert", "show", "--state", state).code == 1


@pytest.mark.parametrize(("said", "code"), [("y\n", 0), ("\n", 1), ("no\n", 1)])
def test_a_person_is_asked_on_the_terminal(
    sophia: Sophia, state: str, folder: Path, said: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO(said)
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", screen)
    ran = sophia("cert", "revoke", "shop", "--state", state)
    assert (ran.code, bool(withdrawn(folder))) == (code, code == 0)
    assert "Revoke shop (shop.example, *.shop.example), serial " in ran.err
    assert (ran.out == "not revoked; nothing was changed\n") == bool(code)


def test_without_a_terminal_silence_is_no_consent(sophia: Sophia, state: str, folder: Path) -> None:
    ran = sophia("cert", "revoke", "shop", "--state", state)
    assert (ran.code, withdrawn(folder)) == (2, "")
    assert "say --yes to revoke from a script" in ran.err


def test_a_name_in_several_certificates_is_refused(sophia: Sophia, state: str, write: Write) -> None:
    content: dict[str, Any] = json.loads(Path(state).read_text())
    (certificate,) = (each for each in content["deployment"]["resources"] if each["type"].endswith("Certificate"))
    content["deployment"]["resources"].append({**certificate, "urn": f"{certificate['urn']}-2"})
    ran = sophia("cert", "revoke", "shop.example", "--state", write("two.json", json.dumps(content)), "--yes")
    assert ran.code == 2
    assert "'shop.example' is a name in 2 certificates: shop, shop-2" in ran.err


def test_the_journal_is_that_of_the_stack(
    sophia: Sophia, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Pulumi.test.yaml").write_text(f"config:\n  sophia:journal: {tmp_path}/journal\n")
    assert sophia("cert", "revoke", "shop", "--state", state, "--yes").code == 0
    newest = next(events(Journal.open(f"{tmp_path}/journal"), LABEL)).row
    assert newest.what is Event.REVOKED
    Path("Pulumi.test.yaml").write_text("config:\n  sophia:journal:\n    secure: v1:x\n")
    monkeypatch.delenv("SOPHIA_JOURNAL", raising=False)
    ran = sophia("cert", "revoke", "shop", "--state", state, "--yes", "--json")
    assert (ran.code, ran.json("error")["error"]["field"]) == (2, "--journal")
