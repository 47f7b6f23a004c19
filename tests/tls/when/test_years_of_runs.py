"""Years of `up` once a day, by key and certificate as the engine calls them, at two CAs with a clock of the test's."""

import math
from collections.abc import Callable
from contextlib import ExitStack
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
from sophia_infra.tls.issuers.acme import renewal_info
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
        shared = {"label": "demo/test/shop", "domains": list(NAMES), "issuer": first, "others": others or None}
        shared["challenge"] = self.cas[0].challenge
        key, certificate = CertificateKeyProvider(), CertificateProvider()
        key._setting = certificate._setting = {"sophia:probe": "off"}.get
        wanted = _checked(key.check(self.inputs[0], dict(shared)))
        if not self.key or key.diff("id", self.key, wanted).changes:
            self.key = (key.update("id", self.key, wanted) if self.key else key.create(wanted)).outs or {}
        of_key = {"csr_pem": self.key["csr_pem"], "remembered": self.key.get("remembered")}
        accounts = {ca.directory: {"account_key": self.account_key} for ca in self.cas}
        asked = {**shared, **of_key, "resource": "demo/test/shop", "accounts": accounts}
        planned = _checked(certificate.check(self.inputs[1], asked))
        if not self.outputs or certificate.diff("id", self.outputs, planned).changes:
            applied = certificate.update("id", self.outputs, planned) if self.outputs else certificate.create(planned)
            self.outputs = applied.outs or {}
        self.inputs = (wanted, planned)

    @property
    def served(self) -> Certificate:
        return Certificate.read(self.outputs["certificate_pem"])

    def age(self, day: int) -> float:
        """For how many days the certificate has been good."""
        return (moment(day) - self.served.not_before) / DAY


def _checked(result: Any) -> dict[str, Any]:
    assert [failure.reason for failure in result.failures] == []
    inputs: dict[str, Any] = result.inputs
    return inputs


def moment(day: int) -> datetime:
    return NOW + day * DAY


@dataclass(frozen=True)
class Years:
    """How long certificates live, for how many days there is a run a day, and what happens on which of them.

    The first of the CAs is down for an `outage`, once half of a certificate's lifetime is over `after` some day: so one
    is due in it. On one day a CA revokes what it has signed.
    """

    lifetime: int
    days: int
    after: int
    outage: int
    revokes: int
    cas: int = 2

    def run(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[list[list[int]], range]:
        """Return the days on which each CA signed, and those of the outage; on each a good certificate was served."""
        today, down = 0, range(0)
        monkeypatch.delenv("SOPHIA_NOW")
        monkeypatch.setattr(clock, "machine_time", lambda: moment(today))
        renewal_info._address.cache_clear()
        with ExitStack() as running:
            made = (timed_ca.running(folder / str(at), self.lifetime, clock.machine_time) for at in range(self.cas))
            cas = [running.enter_context(ca) for ca in made]
            stack = Stack(tuple(cas))
            for today in range(self.days):
                monkeypatch.setenv("SOPHIA_RUN", f"{self.lifetime} {today}")
                if today >= self.after and not down and stack.age(today) > self.lifetime / 2:
                    down = range(today, today + self.outage)
                cas[0].is_down = today in down
                if today == self.revokes:
                    (signer,) = (ca for ca in cas if ca.directory == stack.outputs["directory"])
                    signer.revoke(stack.outputs["certificate_pem"])
                stack.up()
                assert stack.served.not_before <= moment(today) < stack.served.not_after, f"not good on day {today}"
            assert cas[0].refused
            assert all(ca.replacements == len(ca.issued) - 1 for ca in cas), "all but a CA's first replace one"
            return [[(at - NOW).days for at in ca.issued] for ca in cas], down

    def hold(self, signed: list[list[int]], down: range) -> str:
        """No needless order and none too few; return the orders beside the least possible, in words."""
        first, others = signed[0], [day for days in signed[1:] for day in days]
        orders = sorted([*first, *others])
        assert bool(others) == (self.cas > 1), "one was due while the first was down"
        assert set(others) <= set(down)
        assert not set(first) & set(down)
        assert self.revokes in orders
        early, late = self.ages
        needless = [day for before, day in pairwise(orders) if day - before < early and day != self.revokes]
        assert needless == []
        parts = (self.revokes, self.days - self.revokes)
        least, most = (sum(math.ceil(part / age) for part in parts) for age in (late, early))
        assert least - (self.cas == 1) <= len(orders) <= most
        return (
            f"{self.lifetime} days, {self.cas} CAs: {len(orders)} orders in {self.days} days; {least} if each were as "
            "late as its CA's window and the emergency before its end let it be, "
            f"{math.ceil(self.days / self.lifetime)} without any overlap"
        )

    @property
    def ages(self) -> tuple[int, int]:
        """The days after which a certificate is renewed at the earliest and at the latest, by a run a day."""
        lifetime = self.lifetime * DAY
        ideal, ends = lifetime * 2 / 3, emergency(NOW, NOW + lifetime) - NOW
        return math.ceil((ideal - DAY) / DAY), math.ceil(min(ideal + DAY, ends) / DAY)


def test_a_short_lived_certificate_is_renewed_as_its_ca_suggests_and_on_the_day_of_a_revocation(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    years = Years(6, 40, 20, 5, 32)
    assert years.hold(*years.run(monkeypatch, folder))


@pytest.mark.soak
@pytest.mark.parametrize(
    "years",
    [
        *(Years(lifetime, 3 * 365, 395, 30, 700) for lifetime in (90, 45, 6)),
        Years(90, 3 * 365, 395, 30, 700, cas=1),
        Years(45, 3 * 365, 395, 10, 700, cas=1),
    ],
    ids=["90 days", "45 days", "6 days", "90 days alone", "45 days alone"],
)
def test_three_years_of_runs(
    years: Years, monkeypatch: pytest.MonkeyPatch, folder: Path, record_property: Callable[[str, str], None]
) -> None:
    record_property("figure", years.hold(*years.run(monkeypatch, folder)))
