"""dns-persist-01: a record that names our account is written once, left there, and enough from then on."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sophia_infra.dns.backends.zone_file import ZoneFile
from sophia_infra.dns.renewals.persist import Allowance
from sophia_infra.tls.challenge_settings import ChallengeKind, ChallengeSettings
from sophia_infra.tls.challenges import Proof
from sophia_infra.tls.challenges.zone import ZoneRecords
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Access, IssuerError
from sophia_infra.tls.issuers.acme import AcmeIssuer
from sophia_infra.tls.issuers.acme.ordering import allowance
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.values import Value
from tests.support import knot
from tests.support import pebble as server
from tests.support.primary import FRAME, SECRET, Primary
from tests.support.refusals import refused
from tests.tls.orders import order

NAMES = ("shop.example", "*.shop.example", "www.shop.example")
ACCOUNT = "https://ca.example/account/1"
PLAIN = allowance("ca.example", ACCOUNT, wildcard=False)
WILD = allowance("ca.example", ACCOUNT, wildcard=True)
NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Primary]:
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    with knot.updatable(tmp_path_factory.mktemp("knot") / "server", FRAME) as running:
        yield running


@pytest.fixture(scope="module")
def ca(primary: Primary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Pebble]:
    server.skip_where_lacking()
    with server.running(tmp_path_factory.mktemp("ca"), name_server=f"127.0.0.1:{primary.port}") as running:
        yield running


def settings(**inputs: object) -> ChallengeSettings:
    found = ChallengeSettings.from_inputs({"challenge": {"kind": "dns-persist-01"}, **inputs}, ArgumentError)
    assert found is not None
    assert ChallengeSettings.from_inputs(found.as_inputs(), ArgumentError) == found
    return found


def test_a_record_is_written_once_and_another_ones_by_hand_are_told(
    ca: server.Pebble, primary: Primary, account_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_TSIG_SECRET", SECRET)
    of_issuer = IssuerSettings.read(Value("issuer", ca.issuer, ArgumentError))
    by_hand = AcmeIssuer(of_issuer, settings(), Access(account_key))
    with refused(
        IssuerError, "challenge-failed", says="let _validation-persist.*shop.example have the TXT record"
    ) as told:
        by_hand.issue(order(domains=NAMES))
    assert not [record for record in primary.records() if "TXT" in record]

    issuer = replace(by_hand, challenge=settings(zone="shop.example", homes=[primary.settings]))
    first = issuer.issue(order(domains=NAMES))
    there = [record for record in sorted(primary.records()) if "TXT" in record]
    assert len(there) == 2
    assert "policy=wildcard" in there[0]
    assert there[1].startswith("_validation-persist.www 3600 TXT")
    assert there[1].partition(" TXT ")[2] in str(told.value) or there[0].partition(" TXT ")[2] in str(told.value)

    # From now on nobody needs to write the zone.
    second = by_hand.issue(order(domains=NAMES, generation=2, base=first.base))
    assert second.generation == 2
    assert sorted(record for record in primary.records() if "TXT" in record) == there


@pytest.mark.parametrize(
    ("held", "wanted", "left"),
    [
        ([], [PLAIN], [PLAIN]),
        ([], [PLAIN, WILD], [WILD]),
        ([WILD], [PLAIN], [WILD]),
        ([PLAIN], [WILD], [WILD]),
        ([f"{PLAIN}; persistUntil={NOW.timestamp() + 60:.0f}"], [PLAIN], [f"{PLAIN}; persistUntil=1795910460"]),
        ([f"{PLAIN}; persistUntil={NOW.timestamp() - 60:.0f}"], [PLAIN], [PLAIN]),
        (
            [f"CA.example ;accounturi={ACCOUNT};  Policy=Wildcard"],
            [WILD],
            [f"CA.example ;accounturi={ACCOUNT};  Policy=Wildcard"],
        ),
        (["other.example; accounturi=https://other.example/1", f"{PLAIN}0"], [WILD], None),
    ],
)
def test_what_suffices_stays_and_what_does_not_is_replaced(
    held: list[str], wanted: list[str], left: list[str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_NOW", NOW.isoformat())
    file = ZoneFile("shop.example", tmp_path / "db.shop.example")
    before = "".join(f'_validation-persist 300 TXT "{text}"\n' for text in held)
    file.apply(lambda _: FRAME + before)
    records = ZoneRecords(
        {"shop.example": (file,)}, ChallengeKind.DNS_PERSIST_01, ask=lambda *_: file.read().text, wait=0
    )
    proofs = [Proof("shop.example", "", text) for text in wanted]
    for _ in range(2):
        records.present(proofs)
        records.remove(proofs)
        there = [line.split('"')[1] for line in file.read().text.splitlines() if "TXT" in line]
        assert sorted(there) == sorted(left or [*held, *wanted])


@pytest.mark.parametrize(("issuer", "account"), [(None, ACCOUNT), ("a; b", ACCOUNT), ("ca.example", 'x" y')])
def test_words_of_a_ca_that_no_record_may_have_are_refused(issuer: object, account: str) -> None:
    with refused(IssuerError, "acme-answer"):
        allowance(issuer, account, wildcard=False)


@pytest.mark.parametrize("until", ["9" * 5000, "\u00b2", "soon", "1"])
def test_a_record_whose_end_can_not_be_read_or_is_over_is_not_enough(until: str) -> None:
    asked = Allowance("ca.example", ACCOUNT, wildcard=False)
    assert asked.suffices(asked, NOW)
    assert not asked._replace(until=until).suffices(asked, NOW)
