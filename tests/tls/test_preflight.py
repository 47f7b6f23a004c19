"""What stands in the way of an order: each rule finds what it is for, and lets its nearest clean neighbour pass."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.advice import redaction
from sophia_infra.advice.consult import verdict
from sophia_infra.advice.model import Level, Verdict
from sophia_infra.credentials import Credentials
from sophia_infra.dns.renewals.foretold import NOT_YET
from sophia_infra.dns.rr.reach import Reach
from sophia_infra.journal import Journal
from sophia_infra.probes.addresses import Answer, Question
from sophia_infra.settings import Settings
from sophia_infra.tls import preflight
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.check import CheckedCertificate
from sophia_infra.tls.choice import Met
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.preflight import judge as rules
from sophia_infra.tls.preflight.judge import judge
from sophia_infra.tls.preflight.look import OFF, Seen, look, questions
from sophia_infra.tls.preflight.rates import Reached
from sophia_infra.tls.preflight.renewals import keep
from sophia_infra.tls.public_cas import HOUR, Limit
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.state import CertificateState
from tests.dns.rr.test_reach import CASES as REACHED
from tests.support.resolver import SILENT, Resolver, resolver
from tests.tls.orders import NOW, codes_in, wanted

OTHER = "https://other.example/dir"
CODES = codes_in(rules.__file__)
NONE = Answer()
FAILS = Answer(why="the resolver fails")
NO_NAME = Answer(why="there is no such name")


def seen(method: str = "dns-01", **changed: Any) -> Seen:
    answers = {Question(f"{at}.", "CAA"): NONE for at in ("www.shop.org", "shop.org", "org")}
    answers |= {Question("www.shop.org.", "A"): Answer(("9.9.9.9",)), Question("www.shop.org.", "AAAA"): NONE}
    given = changed.pop("answers", {})
    answers |= {Question(*key.split(" ")): answer for key, answer in given.items()}
    clean = Seen("www.shop.org", ("www.shop.org",), frozenset({"ca.org"}), method, public=True, answers=answers)
    return replace(clean, **changed)


def served(*servers: str, why: str = "") -> Seen:
    """A zone at its own two servers, and what the public DNS says of it."""
    answers = {"shop.org. NS": Answer(servers, why=why)}
    return seen(answers=answers, zone="shop.org", servers=("ns1.dns.example.", "ns3.dns.example."))


def led(answer: Answer, zones: tuple[str, ...] = ("shop.org",)) -> Seen:
    """A proof's name with an alias that leads out of the zone, and what is answered there."""
    at = "_acme-challenge.www.shop.org"
    return seen(answers={f"{at}. TXT": answer}, zones=zones, leads={at: "www.auth.example."})


CAA = "shop.org. CAA"
ADDRESSES = ("www.shop.org. A", "www.shop.org. AAAA")
CASES: list[tuple[str, Level, Seen, Seen]] = [
    (
        "caa-forbids-issuer",
        Level.ERROR,
        seen(answers={CAA: Answer(('0 issue "other.org"',))}),
        seen(answers={CAA: Answer(('0 issue "other.org"', '0 issue "ca.org"'))}),
    ),
    (
        "caa-account",
        Level.WARNING,
        seen(answers={CAA: Answer(('0 issue "ca.org; accounturi=https://ca.org/1"',))}),
        seen(answers={CAA: Answer(('0 issue "ca.org; accounturi=https://ca.org/1"',))}, account="https://ca.org/1"),
    ),
    ("caa-unknown", Level.WARNING, seen(answers={CAA: FAILS}), seen(answers={CAA: NO_NAME})),
    ("rate-limited", Level.ERROR, seen(reached=(Reached("orders", "one account", Limit(300, HOUR), NOW),)), seen()),
    ("zone-elsewhere", Level.ERROR, served("ns.registrar.example."), served("ns2.dns.example.", "NS1.dns.example.")),
    ("zone-elsewhere", Level.ERROR, served(), served(why="the resolver fails")),
    (
        "challenge-unready",
        Level.ERROR,
        led(NO_NAME),
        led(Answer(chain=("hop.example.", "www.shop.org."))),
    ),
    ("challenge-unknown", Level.WARNING, led(FAILS), led(FAILS, zones=("shop.org", "auth.example"))),
    ("challenge-unknown", Level.WARNING, led(OFF), led(NONE, zones=("auth.example",))),
    ("challenge-unready", Level.ERROR, seen(unready="there is no such folder"), seen()),
    (
        "name-unresolved",
        Level.ERROR,
        seen("http-01", answers=dict.fromkeys(ADDRESSES, NO_NAME)),
        seen("dns-01", answers=dict.fromkeys(ADDRESSES, NO_NAME)),
    ),
    (
        "name-unknown",
        Level.WARNING,
        seen("tls-alpn-01", answers=dict.fromkeys(ADDRESSES, FAILS)),
        seen("tls-alpn-01", answers={ADDRESSES[1]: FAILS}),
    ),
    (
        "name-private",
        Level.ERROR,
        seen("http-01", answers={ADDRESSES[0]: Answer(("10.0.0.7",))}),
        seen("http-01", answers={ADDRESSES[0]: Answer(("10.0.0.7", "9.9.9.9"))}),
    ),
]


@pytest.mark.parametrize(("code", "level", "bad", "good"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_finds_what_it_is_for_and_lets_its_neighbour_pass(
    code: str, level: Level, bad: Seen, good: Seen
) -> None:
    (finding,) = judge(bad)
    assert (finding.code, finding.level, finding.subject) == (code, level, "www.shop.org")
    assert finding.message
    assert finding.fix
    assert judge(good) == []


def test_every_rule_has_a_case_and_what_blocks_is_an_error() -> None:
    assert {case[0] for case in CASES} == CODES >= preflight.BLOCKING
    assert all(level is Level.ERROR for code, level, *_ in CASES if code in preflight.BLOCKING)
    (finding,) = judge(seen(answers={CAA: Answer(('0 issue ";"',))}))
    assert verdict([finding], preflight.BLOCKING) is Verdict.BLOCK


def test_the_strict_configuration_of_the_policy_pack_names_errors_alone() -> None:
    prod = json.loads((Path(__file__).parents[2] / "policies" / "certificates" / "prod.json").read_text())
    patterns = prod["blocking-preflight"]["codes"]
    named = [(code, level) for code, level, *_ in CASES if any(fnmatchcase(code, pattern) for pattern in patterns)]
    assert {level for _, level in named} == {Level.ERROR}
    assert {code for code, _ in named} == {*patterns}


def test_a_finding_says_whose_records_forbid_and_what_to_write() -> None:
    met = seen(answers={CAA: Answer(('0 issue "other.org"',))}, foretold=frozenset({Question("shop.org.", "CAA")}))
    (finding,) = judge(met)
    assert finding.message == ("the CAA records of shop.org, as this program has them, allow other.org, not ca.org")
    assert finding.fix == 'write CAA of shop.org with `0 issue "ca.org"`, or take another issuer'


@pytest.mark.parametrize("quiet", [NOT_YET, Answer(why="sophia:probe is off")])
def test_nothing_is_said_of_what_is_known_later_or_may_not_be_asked(quiet: Answer) -> None:
    assert judge(seen("http-01", answers={CAA: quiet, **dict.fromkeys(ADDRESSES, quiet)})) == []


def test_a_nearer_set_decides_though_one_above_it_is_not_known() -> None:
    assert judge(seen(answers={"www.shop.org. CAA": Answer(('0 issue "ca.org"',)), CAA: FAILS})) == []


def test_a_private_ca_may_connect_anywhere_and_one_that_names_no_domain_heeds_no_caa() -> None:
    assert judge(seen("http-01", public=False, answers={ADDRESSES[0]: Answer(("10.0.0.7",))})) == []
    assert judge(seen(issuers=frozenset(), answers={CAA: Answer(('0 issue ";"',))})) == []


@pytest.mark.parametrize(("address", "reach"), REACHED)
def test_a_public_ca_connects_to_public_addresses_alone(address: str, reach: Reach) -> None:
    found = judge(seen("http-01", answers={ADDRESSES[0]: NONE, ADDRESSES[":" in address]: Answer((address,))}))
    assert [finding.code for finding in found] == ([] if reach is Reach.PUBLIC else ["name-private"])


@pytest.fixture
def names() -> Iterator[Resolver]:
    with resolver() as running:
        yield running


def looked(names: Resolver, tmp_path: Path, settings: Settings | None = None, **asked: Any) -> Seen:
    issuer = {"kind": "acme", "directory": "letsencrypt"}
    webroot = {"kind": "http-01", "webroot": str(tmp_path)}
    spec = wanted(**{"domains": ["www.shop.org"], "issuer": issuer, "challenge": webroot, **asked})
    settings = settings or Settings(resolver=(("127.0.0.1", names.port),))
    return look(spec, ["letsencrypt.org"], settings, Journal.open(tmp_path), Credentials())


def test_the_zone_of_the_program_is_believed_and_all_else_is_asked(names: Resolver, tmp_path: Path) -> None:
    names.table["org."] = ['org. 300 IN CAA 0 issue "letsencrypt.org"']
    names.host("edge.cdn.net.", "192.0.2.9")
    foretold = {"shop.org. CAA": {}, "www.shop.org. CAA": {}, "www.shop.org. A": {"ask": "edge.cdn.net."}}
    met = looked(names, tmp_path, zone="shop.org", answers=foretold)
    assert met.at("org", "CAA").addresses == ('0 issue "letsencrypt.org"',)
    assert met.at("www.shop.org", "A").addresses == ("192.0.2.9",)
    assert sorted(names.asked) == ["edge.cdn.net. A", "org. CAA", "www.shop.org. AAAA"]
    assert met.foretold == {Question("shop.org.", "CAA"), Question("www.shop.org.", "CAA")}


def test_the_public_dns_is_asked_where_the_zone_of_the_program_is_delegated(names: Resolver, tmp_path: Path) -> None:
    homes = [{"path": str(tmp_path / "db")}]
    zone: dict[str, Any] = {"zone": "shop.org", "homes": homes, "challenge": {"kind": "dns-01"}}
    told = {"shop.org. NS": {"addresses": ["ns1.dns.example."]}}
    met = looked(names, tmp_path, **zone, answers=told)
    assert "shop.org. NS" in names.asked
    assert [finding.code for finding in judge(met)] == ["zone-elsewhere"]
    private = {"kind": "acme", "directory": OTHER}
    assert judge(looked(names, tmp_path, **zone, answers=told, issuer=private)) == []


def test_aliases_of_proofs_are_followed_to_their_end(names: Resolver, tmp_path: Path) -> None:
    homes = [{"path": str(tmp_path / "db")}]
    zone: dict[str, Any] = {"zone": "shop.org", "homes": homes, "challenge": {"kind": "dns-01"}}
    told = {"_acme-challenge.www.shop.org. TXT": {"ask": "www.auth.example."}}
    (finding,) = judge(looked(names, tmp_path, **zone, answers=told))
    off = Settings(probe=False)
    assert [finding.code for finding in judge(looked(names, tmp_path, off, **zone, answers=told))] == [
        "challenge-unknown"
    ]
    assert (finding.code, finding.message) == (
        "challenge-unready",
        "_acme-challenge.www.shop.org leads to www.auth.example, which lies in no zone that proofs are written to",
    )
    names.table["www.auth.example."] = ["www.auth.example. 300 IN CNAME x.shop.org.", 'x.shop.org. 300 IN TXT "proof"']
    assert judge(looked(names, tmp_path / "another run", **zone, answers=told)) == []


@pytest.mark.parametrize("answer", ["SERVFAIL", "REFUSED", pytest.param(SILENT, marks=pytest.mark.soak)])
def test_caa_that_a_resolver_gives_no_answer_for_is_told(answer: str, names: Resolver, tmp_path: Path) -> None:
    names.host("www.shop.org.", "9.9.9.9")
    names.table["shop.org."] = answer
    (finding,) = judge(looked(names, tmp_path))
    assert finding.code == "caa-unknown"


def test_nobody_is_asked_where_probes_are_off(names: Resolver, tmp_path: Path) -> None:
    met = looked(names, tmp_path, Settings(resolver=(("127.0.0.1", names.port),), probe=False))
    assert (names.asked, judge(met)) == ([], [])


def test_a_folder_that_is_not_there_or_not_writable_is_told_before_an_order(names: Resolver, tmp_path: Path) -> None:
    gone = looked(names, tmp_path, challenge={"kind": "http-01", "webroot": str(tmp_path / "gone")})
    assert "No such file or directory" in gone.unready
    assert looked(names, tmp_path).unready == ""


def test_a_zone_file_that_may_not_be_written_is_told_before_an_order(
    names: Resolver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {
        "zone": "shop.org",
        "homes": [{"path": str(tmp_path / "zones" / "db")}],
        "challenge": {"kind": "dns-01"},
    }
    assert looked(names, tmp_path, **asked).unready == ""
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "can't be written: Permission denied" in looked(names, tmp_path, **asked).unready


def test_caa_for_one_account_is_held_against_the_one_that_ordered_last(names: Resolver, tmp_path: Path) -> None:
    names.table["shop.org."] = ['shop.org. 300 IN CAA 0 issue "letsencrypt.org; accounturi=https://ca.org/1"']
    names.host("www.shop.org.", "9.9.9.9")
    assert [finding.code for finding in judge(looked(names, tmp_path))] == ["caa-account"]
    issuer = {"kind": "acme", "directory": "letsencrypt"}
    spec = wanted(domains=["www.shop.org"], issuer=issuer)
    codes: list[str]
    for number, codes in (("1", []), ("2", ["caa-forbids-issuer"])):
        keep(Journal.open(tmp_path), spec, NOW + timedelta(days=61), account=f"https://ca.org/{number}")
        assert [finding.code for finding in judge(looked(names, tmp_path))] == codes
    keep(
        Journal.open(tmp_path),
        wanted(domains=["www.shop.org"], issuer=issuer | {"directory": OTHER}),
        NOW + timedelta(days=61),
        account="2",
    )
    assert [finding.code for finding in judge(looked(names, tmp_path))] == ["caa-account"]


def test_addresses_are_asked_for_where_a_ca_connects_and_none_for_an_address() -> None:
    asked = questions(["*.shop.org", "9.9.9.9"], "dns-01")
    proof = Question("_acme-challenge.shop.org.", "TXT")
    assert asked == [proof, Question("org.", "CAA"), Question("shop.org.", "CAA")]
    assert Question("shop.org.", "AAAA") in questions(["shop.org"], "http-01")


class Due(CheckedCertificate):
    """A certificate that is due for renewal at Let's Encrypt, and what its order will meet."""

    will_meet: Seen = Seen()

    @cached_property
    def due(self) -> Plan:
        facts = Certificate("0A", self.spec.domains, "ecdsa-p256", NOW, NOW + timedelta(days=90), "ab" * 32, "CN=ca")
        return Plan.make(self.spec, Issued(1, facts, "", "", ""), self.now, 1)

    def _look(self, _turn: CertificateSpec) -> Met:
        return Met(self.will_meet, tuple(judge(self.will_meet)))


def due(days: int, met: Seen) -> Due:
    issuer, challenge = {"kind": "acme", "directory": "letsencrypt"}, {"kind": "http-01", "webroot": "/srv"}
    spec = wanted(domains=["shop.org"], issuer=issuer, challenge=challenge)
    state = CertificateState(True, 1, "csr", schedule=None, spec=spec)
    found = Due(spec, state, Settings(), NOW + timedelta(days=days))
    found.will_meet = met
    return found


FORBIDDEN = seen(answers={CAA: Answer(('0 issue "other.org"',))})
LIMITED = seen(reached=(Reached("orders", "one account", Limit(300, HOUR), NOW + timedelta(days=62)),))


@pytest.mark.parametrize("met", [FORBIDDEN, LIMITED])
def test_a_renewal_that_could_not_be_waits_while_the_old_certificate_is_good(met: Seen) -> None:
    certificate = due(61, met)
    plan = certificate.plan(())
    (finding,) = judge(met)
    assert plan.changes.updates == 0
    assert str(certificate.renewal.waits).startswith(f"{finding.code}: {finding.message}")
    advice = plan.advisor.advise(redaction.request("certificate", "shop.org", plan.facts))
    assert finding.code in {each.code for each in advice.findings}
    assert advice.verdict is Verdict.CAUTION


def test_a_renewal_waits_for_the_room_that_a_rate_limit_leaves() -> None:
    certificate = due(61, LIMITED)
    certificate.plan(())
    assert certificate.renewal.waits
    assert certificate.renewal.waits.until == NOW + timedelta(days=62)


def test_near_its_end_a_renewal_that_could_not_be_stops_the_preview() -> None:
    plan = due(89, FORBIDDEN).plan(())
    assert plan.changes.updates == 1
    advice = plan.advisor.advise(redaction.request("certificate", "shop.org", plan.facts))
    assert (advice.verdict, advice.carried) == (Verdict.BLOCK, ("caa-forbids-issuer",))
