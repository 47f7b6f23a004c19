"""Years of `up` once a day, by key and certificate as the engine calls them, at two CAs with a clock of the test's."""

import math
import sys
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import clock
from sophia_infra.tls import keys
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.issuers.acme import suggesting
from sophia_infra.tls.key_resource import CertificateKeyProvider
from sophia_infra.tls.spec import KeyType
from sophia_infra.tls.when.renewal import emergency
from tests.support import timed_ca
from tests.support.timed_ca import DAY, TimedCa
from tests.tls.orders import NOW

NAMES = ("shop.example", "www.shop.example")


@dataclass
class Stack:
    """One certificate in a stack, which asks the CAs in their order."""

    cas: tuple[TimedCa, ...]
    key: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    account_key: str = field(default_factory=lambda: keys.private_pem(keys.generate(KeyType.ECDSA_P256)))

    def up(self) -> None:
        """Check, and apply what the check plans, as the engine does; raises what an apply raises."""
        first, *others = (ca.issuer for ca in self.cas)
        shared = {"label": "demo/test/shop", "domains": list(NAMES), "issuer": first, "others": others}
        shared["challenge"] = self.cas[0].challenge
        key, certificate = CertificateKeyProvider(), CertificateProvider()
        key._setting = certificate._setting = {"sophia:probe": "off"}.get
        wanted = _checked(key.check(self.inputs[0], dict(shared)))
        if not self.key or key.diff("id", self.key, wanted).changes:
            self.key = (key.update("id", self.key, wanted) if self.key else key.create(wanted)).outs or {}
        accounts = {ca.directory: {"account_key": self.account_key} for ca in self.cas}
        asked = {**shared, "csr_pem": self.key["csr_pem"], "resource": "demo/test/shop", "accounts": accounts}
        planned = _checked(certificate.check(self.inputs[1], asked))
        if not self.outputs or certificate.diff("id", self.outputs, planned).changes:
            applied = certificate.update("id", self.outputs, planned) if self.outputs else certificate.create(planned)
            self.outputs = applied.outs or {}
        self.inputs = (wanted, planned)

    @property
    def served(self) -> Certificate:
        return Certificate.read(self.outputs["certificate_pem"])


def _checked(result: Any) -> dict[str, Any]:
    assert [failure.reason for failure in result.failures] == []
    inputs: dict[str, Any] = result.inputs
    return inputs


def moment(day: int) -> datetime:
    return NOW + day * DAY


def lives(
    monkeypatch: pytest.MonkeyPatch, folder: Path, lifetime: int, days: int, fails: range, revokes: int
) -> tuple[list[int], list[int]]:
    """Run once a day; return the days on which the first CA signed, and those of the second.

    The first is down for a while, and on one day a CA revokes what it has signed.
    """
    today = 0
    monkeypatch.delenv("SOPHIA_NOW")
    monkeypatch.setattr(clock, "machine_time", lambda: moment(today))
    suggesting._address.cache_clear()
    with (
        timed_ca.running(folder / "first", lifetime, clock.machine_time) as first,
        timed_ca.running(folder / "second", lifetime, clock.machine_time) as second,
    ):
        stack = Stack((first, second))
        for today in range(days):
            monkeypatch.setenv("SOPHIA_RUN", f"{lifetime} {today}")
            first.is_down = today in fails
            if today == revokes:
                signer = first if stack.outputs["directory"] == first.directory else second
                signer.revoke(stack.outputs["certificate_pem"])
            stack.up()
            assert stack.served.not_before <= moment(today) < stack.served.not_after, f"not good on day {today}"
        signed = [[(at - NOW).days for at in ca.issued] for ca in (first, second)]
        assert first.refused
        assert all(ca.replacements == len(ca.issued) - 1 for ca in (first, second)), "all but a CA's first replace one"
    return signed[0], signed[1]


def hold(signed: tuple[list[int], list[int]], lifetime: int, days: int, fails: range, revokes: int) -> None:
    """No needless order and none too few; the orders are printed beside the least possible."""
    first, second = signed
    orders = sorted([*first, *second])
    assert second, "one was due while the first was down"
    assert set(second) <= set(fails)
    assert not set(first) & set(fails)
    assert revokes in orders
    early, late = _ages(lifetime)
    needless = [day for before, day in pairwise(orders) if day - before < early and day != revokes]
    assert needless == []
    least, most = (sum(math.ceil(part / age) for part in (revokes, days - revokes)) for age in (late, early))
    sys.stdout.write(
        f"{lifetime} days: {len(orders)} orders in {days} days; {least} if each were as late as its CA's window and "
        f"the emergency before its end let it be, {math.ceil(days / lifetime)} without any overlap\n"
    )
    assert least <= len(orders) <= most


def _ages(lifetime: int) -> tuple[int, int]:
    """Return the days after which a certificate is renewed at the earliest and at the latest, by a run a day."""
    ideal, ends = lifetime * 2 / 3, emergency(NOW, NOW + lifetime * DAY) - NOW
    return math.ceil(ideal - 1), min(math.ceil(ideal + 1), math.ceil(ends / DAY))


def test_a_short_lived_certificate_is_renewed_as_its_ca_suggests_and_on_the_day_of_a_revocation(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    fails = range(20, 25)
    hold(lives(monkeypatch, folder, 6, 40, fails, 32), 6, 40, fails, 32)


@pytest.mark.soak
@pytest.mark.parametrize("lifetime", [90, 45, 6])
def test_three_years_of_runs(monkeypatch: pytest.MonkeyPatch, folder: Path, lifetime: int) -> None:
    days, fails, revokes = 3 * 365, range(395, 425), 700
    hold(lives(monkeypatch, folder, lifetime, days, fails, revokes), lifetime, days, fails, revokes)
