from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from sophia_infra.changes.model import Exposure
from sophia_infra.tls import keys
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.facts import Facts, State
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.spec import KeyType
from sophia_infra.tls.when import renewal
from sophia_infra.tls.when.schedule import Schedule
from tests.tls.orders import DOMAINS, NOW, wanted

FACTS = Certificate("0A", DOMAINS, "ecdsa-p256", NOW, NOW + timedelta(days=90), "ab" * 32, "CN=issuer")
HELD = Issued(1, FACTS, "leaf", "chain", "root")
EMPTY = replace(HELD, chain_pem="", root_pem="")
LIFETIMES = st.timedeltas(min_value=timedelta(hours=1), max_value=timedelta(days=825))


def opens_at(lifetime: timedelta, window: float | None = None) -> datetime:
    found = renewal.opening(replace(EMPTY, facts=replace(FACTS, not_after=NOW + lifetime)), Schedule(window))
    assert found
    return found.at


@pytest.mark.parametrize(
    ("days", "opens_after"), [(90, 60), (398, 398 * 2 / 3), (10, 5), (6, 3), (11, 11 * 2 / 3), (1, 0.5)]
)
def test_a_third_of_the_lifetime_is_left_at_renewal_and_half_of_a_short_one(days: int, opens_after: float) -> None:
    opens = opens_at(timedelta(days=days))
    assert abs(opens - NOW - timedelta(days=opens_after)) <= timedelta(seconds=1)


@given(LIFETIMES, st.floats(min_value=0.02, max_value=0.9))
def test_a_window_always_opens_within_the_lifetime(lifetime: timedelta, window: float) -> None:
    assert NOW <= opens_at(lifetime, window) < NOW + lifetime


@given(LIFETIMES, st.floats(min_value=0.02, max_value=0.44))
def test_a_wider_window_never_opens_later(lifetime: timedelta, window: float) -> None:
    assert opens_at(lifetime, window * 2) <= opens_at(lifetime, window)


@pytest.mark.parametrize(("days", "left"), [(90, 9), (45, 4.5), (398, 39.8), (20, 2), (10, 2), (6, 2), (3, 1)])
def test_the_emergency_is_a_tenth_of_the_lifetime_and_two_days_where_there_are_so_many(days: int, left: float) -> None:
    begins = renewal.emergency(NOW, NOW + timedelta(days=days))
    assert begins == NOW + timedelta(days=days - left)


def test_a_young_certificate_for_what_is_wanted_is_left_alone() -> None:
    assert renewal.due(wanted(), HELD, NOW + timedelta(days=59)) == ()


def test_names_told_in_another_order_are_the_same_names() -> None:
    assert renewal.due(wanted(domains=list(reversed(DOMAINS))), HELD, NOW) == ()


@pytest.mark.parametrize(
    ("held", "changed", "now", "exposure", "why"),
    [
        (HELD, {}, NOW + timedelta(days=60), Exposure.MEDIUM, "renewal window reached on 2027-01-22"),
        (
            HELD,
            {"renewal_window": 0.5},
            NOW + timedelta(days=45),
            Exposure.MEDIUM,
            "renewal window reached on 2027-01-07",
        ),
        (HELD, {}, NOW + timedelta(days=91), Exposure.HIGH, "expired on 2027-02-21"),
        (HELD, {"domains": [*DOMAINS, "a.example"]}, NOW, Exposure.MEDIUM, "domains changed: adds a.example"),
        (HELD, {"domains": ["shop.example"]}, NOW, Exposure.HIGH, "domains changed: drops *.shop.example"),
        (HELD, {"key_type": "rsa-3072"}, NOW, Exposure.MEDIUM, "key type changed from ecdsa-p256 to rsa-3072"),
        (replace(HELD, withdrawn="revoked by its issuer (keyCompromise)"), {}, NOW, Exposure.HIGH, "revoked by its"),
        (replace(HELD, facts=None), {}, NOW, Exposure.MEDIUM, "the issuer's copy of the certificate can't be read"),
    ],
)
def test_what_makes_a_certificate_due_is_said(
    held: Issued, changed: dict[str, object], now: datetime, exposure: Exposure, why: str
) -> None:
    (reason,) = renewal.due(wanted(**changed), held, now)
    assert (reason.exposure, reason.subject, reason.operation) == (exposure, "shop.example certificate", "renew")
    assert reason.why.startswith(why)


def authority(begins: int, ends: int) -> str:
    """A certificate of an authority, from one day to another as counted from NOW."""
    key, name = keys.generate(KeyType.ECDSA_P256), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cross")])
    dates = (NOW + timedelta(days=begins), NOW + timedelta(days=ends))
    signed = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), *dates)
    return signed.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(("begins", "ends"), [(-900, -1), (-900, 2), (1, 900)])
def test_by_acme_no_other_certificate_of_the_chain_makes_a_new_one_due(begins: int, ends: int) -> None:
    sent = replace(HELD, chain_pem=authority(begins, ends))
    plan = Plan.make(wanted(), replace(sent, root_pem=""), NOW)
    assert (plan.due, plan.may_wait(NOW)) == ((), True)
    assert plan.opening
    assert plan.opening.at == NOW + timedelta(days=60)
    facts = Facts.of(plan, NOW)
    assert (facts.state, facts.chain_ends_first) == (State.GOOD, ends < 90)
    assert renewal.due(wanted(), sent, NOW if begins > 0 else NOW + timedelta(days=2)) != ()  # below a root of ours


def test_by_acme_a_clock_that_is_behind_orders_nothing_and_is_told() -> None:
    plan = Plan.make(wanted(), replace(HELD, root_pem=""), NOW - timedelta(days=1))
    assert plan.due == ()
    assert Facts.of(plan, NOW - timedelta(days=1)).state is State.FUTURE
    assert renewal.due(wanted(), HELD, NOW - timedelta(days=1)) != ()


def test_all_that_makes_it_due_is_said_at_once() -> None:
    found = renewal.due(wanted(domains=["b.example"], key_type="rsa-2048"), HELD, NOW + timedelta(days=80))
    assert [reason.why.split()[0] for reason in found] == ["domains", "key", "renewal"]


def test_many_names_are_summed_up() -> None:
    (reason,) = renewal.due(wanted(domains=[*DOMAINS, *(f"n{i}.example" for i in range(5))]), HELD, NOW)
    assert reason.why == "domains changed: adds n0.example, n1.example, n2.example and 2 more"


def test_the_generation_grows_when_due_and_only_then() -> None:
    late = NOW + timedelta(days=80)
    assert Plan.make(wanted(), None, late).generation == 1
    assert Plan.make(wanted(), HELD, NOW).generation == 1
    assert Plan.make(wanted(), HELD, late).generation == 2
    assert Plan.make(wanted(), replace(HELD, generation=7), late).generation == 8


def test_the_renewal_clock_reads_no_clock_and_no_file() -> None:
    source = Path(renewal.__file__).read_text()
    assert not any(word in source for word in (".now(", "open(", "import os", "pulumi"))
