"""A certificate from a real ACME server on the real engine: previewed, ordered, left alone, renewed, refused."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.journal import Journal
from sophia_infra.tls import keys
from sophia_infra.tls.challenge_settings import ChallengeSettings
from sophia_infra.tls.challenges import Proof, leftovers
from sophia_infra.tls.challenges.webroot import Webroot
from sophia_infra.tls.spec import ArgumentError, KeyType
from tests.engine.certificates import CERTIFICATE, assert_no_plain_key, certificate_program, move_clock, revoked_by_hand
from tests.engine.zones import RECORDS
from tests.support import knot
from tests.support import pebble as server
from tests.support.pebble import BLOCKED, BOUND, IN_CAA, MAC, Pebble
from tests.support.ports import free_port
from tests.support.primary import FRAME, SECRET, Primary
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine
NAMES = "['shop.example', 'www.shop.example']"


@pytest.fixture(scope="module")
def pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    server.skip_where_lacking()
    with server.running(tmp_path_factory.mktemp("pebble"), config=BOUND) as running:
        yield running


def asked(workspace: Workspace, pebble: Pebble, domains: str = NAMES, **issuer: Any) -> None:
    workspace.config("sophia:resolver", pebble.resolver.server)
    issuer = {"email": "ops@shop.example", **issuer}
    secrets = (
        "'eab': {'kid': 'kid-1', 'key': config.require_secret('eab')}, 'account_key': config.get_secret('account')"
    )
    certificate_program(
        workspace,
        before="config = pulumi.Config()",
        domains=f"{domains}, 'issuer': {{**{ {**pebble.issuer, **issuer}!r}, {secrets}}}",
        challenge=pebble.challenge,
    )


def test_it_is_ordered_once_renewed_in_place_and_stands_when_the_ca_refuses(
    workspace: Workspace, pebble: Pebble
) -> None:
    workspace.config("eab", MAC, secret=True)
    asked(workspace, pebble)
    said = [workspace.preview().text]
    assert "there is no certificate yet" in said[0]
    told = f"{pebble.directory} is asked for a certificate of its profile default: shop.example, www.shop.example"
    assert f"{told}, shown by http-01" in said[0]
    assert pebble.issued == 0

    said.append(workspace.up().text)
    assert pebble.issued == 1
    outputs = workspace.outputs(show_secrets=True)
    assert outputs["chain_pem"].count("BEGIN CERTIFICATE") == 1
    assert outputs["root_pem"] == ""
    workspace.preview("--expect-no-changes")

    # Another machine, with the state and nothing else, has nothing to do, and later announces what is due.
    shutil.rmtree(workspace.root / ".sophia")
    workspace.up("--expect-no-changes")
    assert pebble.issued == 1

    _renewed_when_the_ca_suggests_it(workspace, pebble, outputs["certificate_pem"])
    given = _the_account_goes_over_to_a_given_key(workspace, pebble)
    outputs = workspace.outputs(show_secrets=True)
    _left_proofs_are_removed(workspace, pebble)
    _refused_with_the_old_one_untouched(workspace, pebble)

    asked(workspace, pebble)
    shutil.rmtree(workspace.root / ".sophia")
    move_clock(workspace, timedelta(days=61))
    for command in (workspace.preview, workspace.up):
        said.append(command().text)
        assert "renew: its CA suggests it from " in said[-1]
        assert "1 replaced" not in said[-1]
    renewed = workspace.outputs(show_secrets=True)
    assert (pebble.issued, pebble.replacements) == (3, 2)
    assert renewed["certificate_pem"] != outputs["certificate_pem"]
    assert renewed["private_key_pem"] != outputs["private_key_pem"]
    assert workspace.resources(CERTIFICATE)[0]["outputs"]["generation"] == 3

    assert pebble.shown == []
    state = json.dumps(workspace.export())
    assert "BEGIN PRIVATE KEY" not in state
    assert_no_plain_key(workspace, renewed["private_key_pem"], state, *said)
    assert_no_plain_key(workspace, given, state, *said)
    assert_no_plain_key(workspace, f"-\n{MAC}\n-", state, *said)
    for path in (workspace.root / ".sophia").rglob("*"):
        assert path.is_dir() or b"PRIVATE KEY" not in path.read_bytes(), f"{path} holds a key"
    (account,) = workspace.resources("sophia:AcmeAccount")
    assert account["inputs"] == account["inputs"] | {"directory": pebble.directory}
    assert pebble.log.read_text().count("accounts in memory") == 1


def _the_account_goes_over_to_a_given_key(workspace: Workspace, pebble: Pebble) -> str:
    key = keys.private_pem(keys.generate(KeyType.ECDSA_P384))
    workspace.config("account", key, secret=True)
    asked(workspace, pebble, email="dns@shop.example")
    assert "AcmeAccount" in workspace.up().text
    return key


def _renewed_when_the_ca_suggests_it(workspace: Workspace, pebble: Pebble, certificate_pem: str) -> None:
    """As before it revokes; a saved plan from before it did so is refused in words."""
    plan, kept = str(workspace.root / "plan.json"), next(workspace.root.rglob("ari.json"))
    asked_once = kept.read_text()
    move_clock(workspace, timedelta(days=1))
    workspace.preview("--save-plan", plan)
    past = {"start": "{start:%Y-%m-%dT%H:%M:%SZ}", "end": "{end:%Y-%m-%dT%H:%M:%SZ}"}
    ago = datetime.now(UTC) - timedelta(hours=1)
    window = {name: text.format(start=ago, end=ago + timedelta(seconds=1)) for name, text in past.items()}
    told = {"suggestedWindow": window, "explanationURL": "https://ca.example/incident-7"}
    pebble.suggest(certificate_pem, json.dumps(told))
    workspace.preview("--expect-no-changes")
    assert kept.read_text() == asked_once, "the CA said to ask in six hours"

    kept.unlink()
    refused = workspace.up("--plan", plan, check=False).text
    assert "Due since it was saved: its renewal (its CA suggests it ('https://ca.example/incident-7') from " in refused
    assert pebble.issued == 1
    said = workspace.up().text
    assert "renew: its CA suggests it ('https://ca.example/incident-7') from " in said
    assert (pebble.issued, pebble.replacements) == (2, 1)


def _left_proofs_are_removed(workspace: Workspace, pebble: Pebble) -> None:
    """As a run leaves them that is killed, and never comes back, or that can't take them away."""
    (certificate,), issued = workspace.resources(CERTIFICATE), pebble.issued
    challenge = ChallengeSettings.from_inputs({"challenge": pebble.challenge}, ArgumentError)
    assert challenge
    proofs = [Proof("shop.example", "left", "left.thumb")]
    Webroot(Path(challenge.webroot)).present(proofs)
    leftovers.note(Journal.open(workspace.root / ".sophia"), certificate["outputs"]["label"], challenge, proofs)
    assert "remove proofs: a run that was cut off left 1 where its CA looked" in workspace.preview().text
    assert pebble.shown == ["left"]
    workspace.up()
    assert (pebble.shown, pebble.issued) == ([], issued)


def _refused_with_the_old_one_untouched(workspace: Workspace, pebble: Pebble) -> None:
    before, issued = workspace.outputs(show_secrets=True), pebble.issued
    asked(workspace, pebble, "['shop.example']", profile="longlived")
    said = workspace.preview(check=False).text
    assert "has no profile 'longlived'; known are default, shortlived" in said
    assert "Traceback" not in said
    asked(workspace, pebble, f"['shop.example', '{BLOCKED}']")
    said = workspace.up(check=False).text
    assert "refuses to take an order for shop.example: rejectedIdentifier" in said
    assert "Traceback" not in said
    assert workspace.outputs(show_secrets=True) == before

    # The next key is there, the order waits, and what the program hands on is still one of each.
    asked_before = pebble.asked
    said = workspace.up().text
    assert "order-held-back" in said
    assert f"try 1 at {pebble.directory} failed (acme-refused: 'rejectedIdentifier')" in said
    assert workspace.outputs(show_secrets=True) == before
    assert (pebble.issued, pebble.asked) == (issued, asked_before)
    inputs = workspace.resources(CERTIFICATE)[0]["inputs"]
    assert inputs["waits"]["why"].startswith("try 1 at ")

    # A CA that is down holds no preview up while there is time, and does so when the end is near.
    asked(workspace, pebble, trust=str(workspace.root / "nowhere.pem"))
    for days, is_fine in ((61, True), (85, False)):
        move_clock(workspace, timedelta(days=days))
        said = workspace.preview(check=is_fine).text
        assert "issuer.trust names " in said
        assert ("order-held-back" in said) == is_fine


def test_the_second_issuer_signs_while_the_first_is_down_and_revokes_what_is_named_by_program_or_hand_and_what_leaves(
    workspace: Workspace, pebble: Pebble
) -> None:
    workspace.config("eab", MAC, secret=True)
    workspace.config("sophia:resolver", pebble.resolver.server)
    first = {**pebble.issuer, "directory": f"https://127.0.0.1:{free_port()}/dir"}
    bound = f"{{**{pebble.issuer!r}, 'eab': {{'kid': 'kid-1', 'key': pulumi.Config().require_secret('eab')}}}}"
    issuers, issued = f"{NAMES}, 'issuers': [{first!r}, {bound}]", pebble.issued
    certificate_program(workspace, domains=issuers, challenge=pebble.challenge)
    said = [workspace.preview().text]
    assert "can't be reached" in said[0]
    assert f"{pebble.directory} is asked for a certificate" in said[0]
    said.append(workspace.up().text)
    assert pebble.issued == issued + 1
    (signed,) = (each["outputs"] for each in workspace.resources(CERTIFICATE))
    assert signed["directory"] == pebble.directory

    revoke = {"serial_number": signed["serial_number"], "reason": "keyCompromise"}
    certificate_program(workspace, domains=issuers, challenge=pebble.challenge, revoke=revoke, revoke_on_destroy=True)
    said.append(workspace.up().text)
    assert "the program has it revoked (keyCompromise)" in said[-1]
    assert pebble.issued == issued + 2
    assert pebble.revoked(signed["serial_number"])
    workspace.preview("--expect-no-changes")
    (renewed,) = (each["outputs"] for each in workspace.resources(CERTIFICATE))
    assert not pebble.revoked(renewed["serial_number"])
    assert_no_plain_key(workspace, f"-\n{MAC}\n-", json.dumps(workspace.export()), *said)

    revoked_by_hand(workspace, "shop.example")
    assert pebble.revoked(renewed["serial_number"])
    assert "renew: revoked by its issuer (keyCompromise)" in workspace.up().text
    assert pebble.issued == issued + 3
    (stands,) = (each["outputs"] for each in workspace.resources(CERTIFICATE))
    workspace.destroy()
    assert pebble.revoked(stands["serial_number"])


def test_a_wildcard_is_shown_in_the_zone_of_the_same_program_where_proofs_are_no_drift(
    workspace: Workspace, tmp_path: Path
) -> None:
    server.skip_where_lacking()
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    with (
        knot.updatable(tmp_path / "knot", FRAME.replace("provider", "dns")) as primary,
        server.running(tmp_path / "pebble") as pebble,
    ):
        pebble.resolver.behind = primary.port
        workspace.config("sophia:tsigSecret", SECRET, secret=True)
        workspace.config("sophia:resolver", pebble.resolver.server)
        _in_zone(workspace, pebble, primary, [*RECORDS, caa("other.example")])
        forbidden = workspace.preview(check=False).text
        assert "error caa-forbids-issuer 2 times: shop.example, *.shop.example: the CAA records of" in forbidden
        assert f"as this program has them, allow other.example, not {IN_CAA}" in forbidden

        _in_zone(workspace, pebble, primary, [*RECORDS, caa(f"{IN_CAA}; validationmethods=dns-01")])
        said = workspace.up().text
        assert "shop.example, *.shop.example, shown by dns-01" in said
        assert pebble.issued == 1
        assert not [record for record in primary.records() if " TXT " in record]
        workspace.preview("--expect-no-changes")

        # What would break the next renewal is told where it is changed, and by the journal to any other program.
        _in_zone(workspace, pebble, primary, [*RECORDS, caa("other.example")])
        told = workspace.preview("--target", "**ZoneRecords::shop", check=False).text
        assert "error renewal-breaks @ CAA: The certificate demo/test/shop (it ends on " in told
        assert f"by dns-01: its records allow other.example, not {IN_CAA}" in told
        _in_zone(workspace, pebble, primary, [*RECORDS, caa(f"{IN_CAA}; validationmethods=dns-01")])

        # As a killed run leaves it, or as another stack's order shows it at this moment.
        primary.update(lambda message: message.add("_acme-challenge", 60, "TXT", "left"))
        primary.update(lambda message: message.add("_acme-challenge.www", 60, "TXT", "somebody's"))
        drift = workspace.preview().text
        assert "- _acme-challenge.www 60 TXT" in drift
        assert "_acme-challenge 60 TXT" not in drift
        workspace.up()
        assert '_acme-challenge 60 TXT "left"' in primary.records()
        workspace.preview("--expect-no-changes")
        assert SECRET not in said

        # A zone for proofs, to which a name that the program has no zone for leads by an alias.
        primary.update(lambda message: message.delete("_acme-challenge"))
        alias = "_acme-challenge.shop.test."
        pebble.resolver.table[alias] = [f"{alias} 60 IN CNAME _acme-challenge.test.shop.example."]
        _in_zone(workspace, pebble, primary, RECORDS, f"['shop.test'], 'challenge': {LED}")
        primary.update(lambda message: message.add("_acme-challenge.test", 60, "TXT", "other"))
        assert "asked for a certificate of its profile default: shop.test, shown by dns-01" in workspace.up().text
        assert pebble.issued == 2
        assert '_acme-challenge.test 60 TXT "other"' in primary.records()
        workspace.preview("--expect-no-changes")


def caa(issuer: str) -> dict[str, Any]:
    return {"name": "@", "type": "CAA", "value": f'0 issue "{issuer}"'}


LED = "{'kind': 'dns-01', 'zones': [zone]}"


def _in_zone(
    workspace: Workspace,
    pebble: Pebble,
    primary: Primary,
    records: list[dict[str, Any]],
    domains: str = "['shop.example', '*.shop.example'], 'zone': zone",
) -> None:
    zone = {"domain": "shop.example", "records": records, "backend": primary.settings}
    certificate_program(
        workspace,
        before=f'from sophia_infra import IntelligentDnsZone\nzone = IntelligentDnsZone("shop", {zone!r})',
        domains=domains,
        issuer=pebble.issuer,
        challenge={"kind": "dns-01"},
    )
