"""A certificate in `create` and `update`: the order that `check` has planned, and what the state keeps of it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from sophia_infra import clock
from sophia_infra.changes import Changes
from sophia_infra.engine_run import engine_run
from sophia_infra.journal import Journal
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.tls import setbacks
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.challenges import leftovers
from sophia_infra.tls.current import of_state, replaces, signed_by
from sophia_infra.tls.events import CertificateEvent, CertificateIntent, CertificateOutcome, Event, note
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.issuers import Access, Issued, IssuerError, Order, open_issuer, several
from sophia_infra.tls.plan import Setback
from sophia_infra.tls.preflight.renewals import keep
from sophia_infra.tls.spec import CAA_ISSUERS, CertificateSpec
from sophia_infra.tls.state import StoredCertificate
from sophia_infra.tls.when.renewal import due, opening

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """What `check` has published of an order.

    Attributes:
        base: what stands for what the order was planned against.
        asks: the directory of the CA to ask first; empty where there is but one.
        waits: what the order waits for, if anything.
        in_caa: what CAA records call the CAs that may sign; none where `check` did not look.
    """

    generation: int
    base: str
    csr_pem: str
    asks: str = ""
    waits: Setback | None = None
    in_caa: tuple[str, ...] = ()

    @classmethod
    def from_inputs(cls, news: Mapping[str, Any]) -> Self:
        """Read what `check` has published."""
        waits = None
        if told := news.get("waits"):
            waits = Setback(str(told["why"]), datetime.fromisoformat(told["until"]) if told["until"] else None)
        return cls(
            int(news["generation"]),
            Changes.of_resource(news).base,
            str(news["csr_pem"]),
            str(news.get("asks") or ""),
            waits,
            tuple(map(str, news.get(CAA_ISSUERS) or ())),
        )


@dataclass(frozen=True, slots=True)
class Apply:
    """What `check` has planned is carried out. `stored` is what the order before has left, nothing at the first run.

    `access` takes the directory of a CA to what an order there takes that is secret.
    """

    spec: CertificateSpec
    stored: StoredCertificate
    planned: PlannedOrder
    journal: Journal
    access: Callable[[str], Access]
    reporter: Reporter = STDERR

    def outputs(self) -> dict[str, Any]:
        """Order what is planned, and return the outputs that a certificate has by itself.

        Raises:
            IssuerError: nothing was issued; or the former certificate could not be revoked.
        """
        order, signer, waits = self._order(), self._signer, self.planned.waits
        if waits and not order.standing and not self._on_record(order):
            raise waits.refusal(self.spec.subject)
        run = engine_run()
        self.journal.write(order.label, CertificateIntent(order.generation, order.base, run))
        what = f"{'keeps' if order.standing else 'orders'} generation {order.generation}"
        log.debug("certificate of %s: %s against base %.12s", order.label, what, order.base)
        if self.spec.issuer.kind is not IssuerKind.ACME:  # which does so once nobody else shows any
            leftovers.remove(self.journal, order.label, self.access("").credentials, self.reporter)
        with setbacks.alone(self.journal, self.spec):
            if waits and signer and order.standing:
                turn, issued = signer, order.standing  # and nobody is asked
            else:
                turn, issued = several.issue(order, self._turns(order), self._attempt, self.reporter)
            if not waits and not (order.standing and issued.base == order.standing.base):
                self._note(turn, issued)
        outputs = _outputs(turn, issued)
        outcome = CertificateOutcome(issued.generation, outputs["serial_number"], outputs["not_after"], run)
        self.journal.write(order.label, outcome)
        log.debug("certificate of %s: has serial %s until %s", order.label, outcome.serial_number, outcome.not_after)
        if turn.issuer.kind is IssuerKind.ACME:
            account = getattr(open_issuer(turn.issuer), "account_of", lambda _: "")(turn.label)
            ends = datetime.fromisoformat(outputs["not_after"])
            keep(self.journal, turn, ends, self.planned.in_caa, account, former=self.stored.domains)
        self._revoke(outputs["serial_number"])
        return outputs

    @property
    def _signer(self) -> CertificateSpec | None:
        return signed_by(self.spec, self.stored)

    def _order(self) -> Order:
        return Order(
            label=self.spec.label,
            generation=self.planned.generation,
            base=self.planned.base,
            csr_pem=self.planned.csr_pem,
            domains=self.spec.domains,
            lifetime=self.spec.lifetime,
            standing=self._standing(),
            replaced_pem=self.stored.certificate_pem if self._signer else "",
        )

    def _standing(self) -> Issued | None:
        """Return the certificate in the state where it is what is asked for, of the same issuer, and not due.

        While an order waits, one that is due stands. One that is revoked, or is to be, does not.
        """
        spec, found, signer = self.spec, of_state(self.spec, self.stored), self._signer
        if not found or not found.facts or not signer or self.stored.csr_pem != spec.csr_pem:
            return None
        if spec.revocation and spec.revocation.serial_number == found.facts.serial_number:
            return None
        found = replace(found, suggestion=open_issuer(signer.issuer).suggested(spec.label, found))
        return found if self.planned.waits or not due(spec, found, clock.now()) else None

    def _on_record(self, order: Order) -> bool:
        """Say whether the newest certificate that an issuer holds is for the key of an order: it hands it out again."""
        found, wanted = several.newest(self.spec), (order.generation, order.request.public_key_sha256)
        return bool(found and found.facts and (found.generation, found.facts.public_key_sha256) == wanted)

    def _turns(self, order: Order) -> list[CertificateSpec]:
        """Return whom to ask: the CA that `check` has chosen, and those after it, as far as nothing holds them back."""
        signer = self._signer if order.standing else None
        asks = signer.issuer.directory if signer else self.planned.asks
        first, *others = several.behind(self.spec, asks)
        return [first, *(turn for turn in others if not setbacks.of_issuer(self.journal, turn, clock.now()))]

    def _attempt(self, turn: CertificateSpec, order: Order) -> Issued:
        if not self._signer or turn.issuer != self._signer.issuer:
            order = replace(order, replaced_pem="")
        try:
            return open_issuer(turn.issuer, turn.challenge, self.access(turn.issuer.directory)).issue(order)
        except IssuerError as error:
            failed = setbacks.failure(self.journal, turn, order.generation, error, clock.now())
            note(self.journal, order.label, failed, self.reporter)
            raise

    def _note(self, turn: CertificateSpec, issued: Issued) -> None:
        if issued.facts:
            what = Event.RENEWED if replaces(of_state(self.spec, self.stored), turn) else Event.ISSUED
            told: dict[str, Any] = {"serial_number": issued.facts.serial_number, "not_after": issued.facts.not_after}
            note(self.journal, turn.label, CertificateEvent.of(what, turn, issued.generation, **told), self.reporter)

    def _revoke(self, serial_number: str) -> None:
        """Have the certificate of before revoked, where the program names it and the next one is there.

        Where this fails the state keeps the old one, and the next run does it.
        """
        told, signer = self.spec.revocation, self._signer
        if told and not told.is_done and signer and told.serial_number == self.stored.serial_number != serial_number:
            by = open_issuer(signer.issuer, None, self.access(signer.issuer.directory))
            by.withdraw(self.stored.certificate_pem, told.reason)


def _outputs(turn: CertificateSpec, issued: Issued) -> dict[str, Any]:
    opens = opening(replace(issued, suggestion=open_issuer(turn.issuer).suggested(turn.label, issued)), turn.schedule)
    facts = issued.facts or Certificate.read(issued.certificate_pem)
    return {
        "certificate_pem": issued.certificate_pem,
        "chain_pem": issued.chain_pem,
        "root_pem": issued.root_pem,
        "not_before": facts.not_before.isoformat(),
        "not_after": facts.not_after.isoformat(),
        "next_renewal": opens.next(opens.at).isoformat() if opens else "",
        "serial_number": facts.serial_number,
        "issuer_name": facts.issuer_name,
        "directory": turn.issuer.directory,
    }
