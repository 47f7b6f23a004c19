"""DNS-01 through a zone of ours: by a real Knot that a real Pebble asks, and in a master file."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sophia_infra.credentials import Credentials
from sophia_infra.dns.backends import Live
from sophia_infra.dns.backends.zone_file import ZoneFile
from sophia_infra.dns.live.name_server import AskingError
from sophia_infra.journal import Journal
from sophia_infra.tls.challenge_settings import ChallengeSettings
from sophia_infra.tls.challenges import Proof
from sophia_infra.tls.challenges.leftovers import ShownProofs
from sophia_infra.tls.challenges.zone import ZoneRecords
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Access, IssuerError
from sophia_infra.tls.issuers.acme import AcmeIssuer
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.values import Value
from tests.support import knot
from tests.support import pebble as server
from tests.support.primary import FRAME, SECRET, Primary
from tests.support.refusals import refused
from tests.support.resolver import Resolver, resolver
from tests.tls.acme.test_acme_crash import killed
from tests.tls.orders import order

NAMES = ("shop.example", "*.shop.example", "www.shop.example")
PROOFS = [Proof("shop.example", "a", "one"), Proof("www.shop.example", "b", "two")]


LED = {"kind": "dns-01", "zones": [{"domain": "Proofs.example.", "backend": {"kind": "file"}}]}


def settings_of(inputs: dict[str, object]) -> ChallengeSettings:
    found = ChallengeSettings.from_inputs({"challenge": {"kind": "dns-01"}, **inputs}, ArgumentError)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Primary]:
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    zone = FRAME + 'www 300 A 192.0.2.1\n_acme-challenge 300 TXT "somebody\'s"\n'
    with knot.updatable(tmp_path_factory.mktemp("knot") / "server", zone) as running:
        yield running


@pytest.fixture(scope="module")
def names(primary: Primary) -> Iterator[Resolver]:
    with resolver() as found:
        found.behind = primary.port
        yield found


@pytest.fixture(scope="module")
def ca(names: Resolver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Pebble]:
    server.skip_where_lacking()
    with server.running(tmp_path_factory.mktemp("ca"), name_server=names.server) as running:
        yield running


@pytest.fixture
def issuer(ca: server.Pebble, primary: Primary, account_key: str, monkeypatch: pytest.MonkeyPatch) -> AcmeIssuer:
    monkeypatch.setenv("SOPHIA_TSIG_SECRET", SECRET)
    settings = IssuerSettings.read(Value("issuer", ca.issuer, ArgumentError))
    challenge = settings_of({"zone": "shop.example", "homes": [primary.settings]})
    return AcmeIssuer(settings, challenge, Access(account_key, Credentials()))


def test_names_and_wildcards_are_shown_by_records_that_are_gone_afterwards(
    issuer: AcmeIssuer, primary: Primary, ca: server.Pebble
) -> None:
    before = primary.records()
    issued = issuer.issue(order(domains=NAMES))
    assert issued.facts is not None
    assert set(issued.facts.domains) == set(NAMES)
    assert primary.records() == before
    assert '_acme-challenge 300 TXT "somebody\'s"' in before


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.soak)])
def test_many_names_of_one_certificate_are_shown_by_one_update_of_the_server(
    count: int, issuer: AcmeIssuer, primary: Primary
) -> None:
    names = (*(f"host-{number}.shop.example" for number in range(count - 1)), "*.shop.example")
    before, serial = primary.records(), primary.serial
    issued = issuer.issue(order(domains=names))
    assert issued.facts is not None
    assert set(issued.facts.domains) == set(names)
    assert (primary.records(), primary.serial - serial) == (before, 2)


def test_aliases_are_followed_within_a_zone_and_into_one_from_elsewhere(
    issuer: AcmeIssuer, primary: Primary, names: Resolver
) -> None:
    primary.update(lambda message: message.add("_acme-challenge.in", 60, "CNAME", "of-in.shop.example."))
    names.table["_acme-challenge.shop.test."] = ["_acme-challenge.shop.test. 60 IN CNAME of-test.shop.example."]
    before = primary.records()
    zone = {"domain": "shop.example", "backend": primary.settings}
    challenge = settings_of({"challenge": {"kind": "dns-01", "zones": [zone]}})
    access = replace(issuer.access, resolvers=(("127.0.0.1", names.port),))
    led = replace(issuer, challenge=challenge, access=access)
    asked = order(domains=("in.shop.example", "shop.test", "*.shop.test"))
    killed(led, asked, "answered")
    assert {line.split()[0] for line in primary.records() - before} == {"of-in", "of-test"}
    issued = led.issue(asked)
    assert issued.facts is not None
    assert set(issued.facts.domains) == set(asked.domains)
    assert primary.records() == before

    with refused(IssuerError, "challenge", field="challenge.zones", subject="_acme-challenge.other.test"):
        led.issue(order(label="demo/test/other", domains=("other.test",)))


def test_records_of_a_killed_run_are_found_and_removed(
    issuer: AcmeIssuer, primary: Primary, ca: server.Pebble, home: Path
) -> None:
    before, asked, count = primary.records(), order(domains=NAMES), ca.issued
    killed(issuer, asked, "answered")
    assert len(primary.records()) == len(before) + 3
    note = Journal.open().last(ShownProofs, asked.label)
    assert note is not None
    assert note.row.challenge["zone"] == "shop.example"
    assert not [path for path in home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    issuer.issue(asked)
    assert primary.records() == before
    assert ca.issued == count + 1


def test_names_that_the_zone_can_not_show_are_refused(issuer: AcmeIssuer) -> None:
    for name, why in {"192.0.2.1": "for names", "shop.test": "lie there", "*.ashop.example": "lie there"}.items():
        with refused(IssuerError, "challenge", field="challenge.kind", says=why):
            issuer.preflight((name,), order().lifetime)


@pytest.fixture
def file(tmp_path: Path) -> ZoneFile:
    found = ZoneFile("shop.example", tmp_path / "db.shop.example", writer="shop of acme/prod")
    found.apply(lambda _: FRAME + "old 300 CNAME www.shop.example.\nwww 300 A 192.0.2.1\n")
    return found


def test_a_master_file_holds_proofs_beside_what_it_held_and_says_who_wrote_that(file: ZoneFile) -> None:
    solver, before = ZoneRecords({"shop.example": (file,)}, ask=lambda _host, _zone, wanted: wanted), file.read()
    solver.present(PROOFS)
    shown = file.read()
    added = set(shown.text.splitlines()) - set(before.text.splitlines())
    assert {line.rpartition(" ")[0] for line in added if " TXT " in line} == {
        "_acme-challenge 60 TXT",
        "_acme-challenge.www 60 TXT",
    }
    assert shown.writer == before.writer == "shop of acme/prod"
    solver.present(PROOFS)
    assert file.read() == shown
    solver.remove(PROOFS)
    after = file.read()
    solver.remove(PROOFS)
    assert file.read() == after
    assert after.base == before.base


def test_a_hundred_names_are_two_writes_of_the_zone(file: ZoneFile, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []

    def apply(self: ZoneFile, decide: Callable[[Live], str]) -> Live:
        live = real(self, decide)
        written.append(live.text.count(" TXT "))
        return live

    real = ZoneFile.apply
    monkeypatch.setattr(ZoneFile, "apply", apply)
    solver = ZoneRecords({"shop.example": (file,)}, ask=lambda _host, _zone, wanted: wanted)
    proofs = [Proof(f"{number}.shop.example", str(number), str(number)) for number in range(100)]
    solver.present(proofs)
    solver.remove(proofs)
    assert written == [100, 0]


def test_a_name_server_that_lags_is_told_with_what_it_answers(file: ZoneFile) -> None:
    solver = ZoneRecords({"shop.example": (file,)}, ask=lambda _host, _zone, _wanted: "", wait=0.0)
    with refused(IssuerError, "challenge", subject="ns1.provider.example.", limit=0.0, says="no such record") as told:
        solver.present(PROOFS)
    for host in ("ns1.provider.example.", "ns2.provider.example."):
        assert f"{host} does not serve _acme-challenge TXT" in str(told.value)


def test_a_name_server_that_can_not_be_asked_is_told_and_not_waited_for(
    file: ZoneFile, capfd: pytest.CaptureFixture[str]
) -> None:
    def unreachable(host: str, _zone: str, _wanted: str) -> str:
        raise AskingError(f"{host} does not answer")

    ZoneRecords({"shop.example": (file,)}, ask=unreachable).present(PROOFS)
    assert "whether ns2.provider.example. serves the proofs in shop.example is not known: ns2" in capfd.readouterr().err


def test_a_zone_that_is_not_there_is_refused(file: ZoneFile, tmp_path: Path) -> None:
    with refused(IssuerError, "challenge", subject="shop.example", says="no zone shop.example yet"):
        ZoneRecords({"shop.example": (replace(file, path=tmp_path / "none"),)}).present(PROOFS)


def test_settings_are_read_as_they_are_noted_and_refused_by_field() -> None:
    found = settings_of({"zone": "Shop.example.", "homes": [{"kind": "file"}]})
    assert (found.zone, settings_of(found.as_inputs())) == ("shop.example", found)
    further = settings_of({"zone": "shop.example", "homes": [{"kind": "file"}], "challenge": LED})
    assert [zone.domain for zone in further.zones] == ["shop.example", "proofs.example"]
    assert settings_of(further.as_inputs()) == further
    assert settings_of({"challenge": LED}).refusal(("any.example", "*.other.example")) == ""
    for zone, field in (({}, "domain"), ({"domain": "a.example"}, "homes"), ({"domain": "a.example", "key": 1}, "key")):
        with refused(ArgumentError, field=f"challenge.zones[0].{field}"):
            settings_of({"challenge": {"kind": "dns-01", "zones": [zone]}})
    with refused(ArgumentError, field="zone"):
        settings_of({})
    with refused(ArgumentError, field="challenge.backend"):
        settings_of({"zone": "shop.example"})
    with refused(IssuerError, "challenge", field="backend.kind"):
        ZoneRecords.at(settings_of({"zone": "shop.example", "homes": [{"kind": "fille"}]}), Credentials())
