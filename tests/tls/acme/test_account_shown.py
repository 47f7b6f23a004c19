"""`sophia cert account`: the accounts in a state, as a real CA has them."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.cli.certificates.accounts import ACCOUNT, read
from sophia_infra.tls.issuers.acme.session import Session
from tests.cli.conftest import Ran, sophia
from tests.cli.conftest import Sophia as Run
from tests.support.pebble import Pebble
from tests.tls.acme.conftest import Make

__all__ = ["sophia"]
EMAIL = "ops@shop.example"
MARK = "4dabf18193072939515e22adb298388d"


def state(folder: Path, pebble: Pebble, secret: dict[str, str]) -> str:
    """A file as `pulumi stack export` prints it."""
    inputs = {"directory": pebble.directory, "email": EMAIL, "trust": str(pebble.trust)}
    key = {MARK: "1b47061264138c4ac30d75fd1eb44270", **secret}
    outputs = {**inputs, "public_key_sha256": "ab12", "account_key": key}
    urn = f"urn:pulumi:test::demo::{ACCOUNT}::acme-ca"
    resource = {"urn": urn, "type": ACCOUNT, "custom": True, "id": "x", "inputs": inputs, "outputs": outputs}
    file = folder / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": [resource]}}))
    return str(file)


def only(ran: Ran) -> Any:
    (found,) = ran.json("cert-account")["accounts"]
    return found


def test_an_account_is_shown_as_its_ca_has_it_and_no_secret(
    sophia: Run, make: Make, pebble: Pebble, account_key: str, tmp_path: Path
) -> None:
    file = state(tmp_path, pebble, {"plaintext": json.dumps(account_key)})
    ran = sophia("cert", "account", "--state", file, "--json")
    assert (ran.code, only(ran)["status"], only(ran)["uri"]) == (0, "unregistered", "")
    session = Session.open(make(email=EMAIL).settings, account_key)
    ran = sophia("cert", "account", "--state", file, "--json")
    assert ran.code == 0
    assert only(ran) == {
        "directory": pebble.directory,
        "email": EMAIL,
        "public_key_sha256": "ab12",
        "uri": session.account,
        "status": "valid",
        "contact": [f"mailto:{EMAIL}"],
        "unknown": "",
    }
    shown = sophia("cert", "account", "--state", file)
    assert shown.out.startswith(f"{pebble.directory}  valid\n  contact mailto:{EMAIL}, in the program {EMAIL}\n")
    assert "PRIVATE" not in shown.out + shown.err + ran.out + repr(read(Path(file).read_text(), file))


def test_an_account_is_deactivated_once_a_person_agrees_and_for_good(
    sophia: Run, make: Make, pebble: Pebble, account_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, by = state(tmp_path, pebble, {"plaintext": json.dumps(account_key)}), ("--deactivate", pebble.directory)
    Session.open(make(email=EMAIL).settings, account_key)
    silent = sophia("cert", "account", "--state", file, *by)
    assert (silent.code, "say --yes" in silent.err) == (2, True)
    assert sophia("cert", "account", "--state", file).code == 0
    screen = io.StringIO("no\n")
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", screen)
    kept = sophia("cert", "account", "--state", file, *by, "--json")
    assert (kept.code, only(kept)["status"]) == (1, "valid")
    ended = sophia("cert", "account", "--state", file, *by, "--yes", "--json")
    assert (ended.code, only(ended)["status"]) == (0, "deactivated")
    again = sophia("cert", "account", "--state", file, *by, "--yes", "--json")
    assert (again.code, again.json("error")["error"]["code"]) == (2, "acme-refused")
    other = sophia("cert", "account", "--state", file, "--deactivate", "letsencrypt", "--yes", "--json")
    assert (other.code, other.json("error")["error"]["code"]) == (2, "no-account")
    assert "PRIVATE" not in ended.out + ended.err + again.err


def test_a_key_that_the_state_does_not_show_is_told(sophia: Run, pebble: Pebble, tmp_path: Path) -> None:
    ran = sophia("cert", "account", "--state", state(tmp_path, pebble, {"ciphertext": "v1:x"}), "--json")
    assert (ran.code, only(ran)["status"]) == (1, "")
    assert "pulumi stack export --show-secrets" in only(ran)["unknown"]


def test_the_stack_is_asked_for_its_secrets(sophia: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\necho \'{{"deployment": {{"resources": []}}}}\'\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    ran = sophia("cert", "account", "--stack", "prod")
    assert (ran.code, ran.out) == (0, "the state has no ACME account\n")
    assert (tmp_path / "asked").read_text() == "stack export --show-secrets --stack prod\n"
