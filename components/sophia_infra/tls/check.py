"""A certificate in `check`: a resource that walks as every other one does (see `advised`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sophia_infra import advised
from sophia_infra.advice.consult import RuleAdvisor
from sophia_infra.advice.model import Edit, Finding
from sophia_infra.advised import About
from sophia_infra.changes import fingerprint
from sophia_infra.credentials import Credentials
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from sophia_infra.tls import lint, preflight
from sophia_infra.tls.challenges.leftovers import left
from sophia_infra.tls.choice import Choice, Met, choose
from sophia_infra.tls.current import held, replaces
from sophia_infra.tls.endpoints import looked
from sophia_infra.tls.events import as_revoked
from sophia_infra.tls.facts import Facts
from sophia_infra.tls.issuers import IssuerError, open_issuer
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.plan_view import dated, to_advisor
from sophia_infra.tls.setbacks import of_issuer, setback
from sophia_infra.tls.spec import CAA_ISSUERS, PUBLISHED, CertificateSpec
from sophia_infra.tls.state import NOT_STORED, CertificateState, StoredCertificate
from sophia_infra.values import listed

_BLOCKING = lint.BLOCKING | preflight.BLOCKING


@dataclass
class CheckedCertificate:
    """A certificate as a resource that `advised.check` walks. Nothing is ordered here.

    The stack's limits count record sets, and are none for it: a renewal that is held back is an outage. The verdict of
    the rules holds.
    """

    spec: CertificateSpec
    state: CertificateState
    settings: Settings
    now: datetime
    journal: Journal = field(default_factory=Journal.open)
    credentials: Credentials = field(default_factory=Credentials)
    of_state: StoredCertificate = NOT_STORED
    """The certificate in the stack's state, where the program has read those."""
    written: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the settings hold that an order's credentials come from, by name."""

    @property
    def about(self) -> About:
        """Say who it is; its issuer knows it by its label."""
        spec, of_stack = self.spec, self.settings
        return About("certificate", spec.subject, spec.label, autonomy=of_stack.autonomy, claude=of_stack.claude)

    @cached_property
    def renewal(self) -> Plan:
        """What is done: what is due, at the issuer that is chosen.

        Raises:
            IssuerError: as `due` and `choice` do.
        """
        return replace(self.due, spec=self.choice.turn, waits=self.choice.waits or self.due.waits)

    @cached_property
    def due(self) -> Plan:
        """What is due; the issuer is asked once.

        Raises:
            IssuerError: it can't be asked, or has lost the certificate's root.
        """
        spec, generation = as_revoked(self.spec, self.journal), self.state.generation
        held_back, revokes = setback(self.journal, spec, self.now), self.state.revokes(spec)
        stands = held(spec, self.of_state, generation)
        made = Plan.make(spec, stands, self.now, generation, held_back, revokes=revokes)
        plan = replace(made, shown=len(left(self.journal, spec.label)))
        signer = spec.turn(stands.directory) if stands and not plan.due else None
        return replace(plan, spec=signer or spec)

    @cached_property
    def facts(self) -> Facts:
        """What the rules judge it by."""
        return Facts.of(self.renewal, self.now)

    def plan(self, edits: Sequence[Edit]) -> advised.Plan:
        """Weigh what is due; there are no edits of a certificate.

        Raises:
            IssuerError: the issuer can't be asked, or would refuse the order.
        """
        chosen, served = self.choice, self._served()
        seen, met = chosen.met.seen, [*chosen.met.findings, *served]
        spec, facts, changes = self.renewal.spec, self.facts, self.renewal.changes(self.state)
        blocking = lint.BLOCKING if self.renewal.waits else _BLOCKING
        # What was met is part of what is judged: the same plan that meets something else gets other advice.
        digest = fingerprint(f"{facts.digest} {met}") if met else facts.digest
        published = self.renewal.as_inputs() | {PUBLISHED: facts.published(self.renewal, self.now)}
        return advised.Plan(
            changes=changes,
            digest=digest,
            facts=to_advisor(self.renewal, facts) | {"desired": digest},
            advisor=RuleAdvisor(lambda: [*lint.judge(facts), *met], blocking=blocking, in_vain=lint.IN_VAIN),
            inputs=published
            | self._waits()
            | ({CAA_ISSUERS: sorted(seen.issuers)} if seen else {})
            | ({"asks": spec.issuer.directory} if spec.others else {}),
            claim={"label": "", "certificate": spec.resource},
            credentials=self.written,
            late=True,  # any input of it may come from another resource
            lines=(*(changes.reasons[1:] if changes.updates else ()), *chosen.passed, *self._asked()),
            dated=(
                *dated(self.renewal, self.now),
                *(f"what {found.subject} serves ({found.message})" for found in served),
            ),
        )

    @cached_property
    def choice(self) -> Choice:
        """Who the order goes out to, if there is one.

        Raises:
            IssuerError: all issuers would refuse it, or refused one just now; that of the first.
        """
        plan = self.due
        if refusal := plan.refusal(self.state, self.now):
            raise refusal
        if not plan.changes(self.state) or (self.spec.issuer.directory and not plan.orders(self.state)):
            return Choice(plan.spec)
        may_wait = self.state.exists and plan.is_renewal and plan.may_wait(self.now)
        return choose(plan.spec.turns, self._look, may_wait=may_wait)

    def _look(self, turn: CertificateSpec) -> Met:
        if turn.others and (waits := of_issuer(self.journal, turn, self.now)):
            raise IssuerError(f"{turn.issuer.directory}: {waits}", code="acme-refused", subject=turn.issuer.directory)
        issuers = open_issuer(turn.issuer, turn.challenge).preflight(turn.domains, turn.lifetime)
        if not turn.issuer.directory or not turn.challenge:
            return Met()
        from sophia_infra.tls.preflight.judge import judge
        from sophia_infra.tls.preflight.look import look  # most runs order nothing

        stands = self.due.held
        same = replaces(stands, turn) if stands else self.state.is_of(turn)
        seen = look(turn, issuers, self.settings, self.journal, self.credentials, replaces=same)
        return Met(seen, tuple(judge(seen)))

    def _served(self) -> list[Finding]:
        """Return what is wrong where the certificate is served, as long as one stands."""
        held, places = self.renewal.held, self.spec.endpoints
        if not held or not held.facts or not places or not self.state.exists:
            return []
        from sophia_infra.tls.endpoints.judge import judge
        from sophia_infra.tls.endpoints.lists import revoked

        shown, wanted = looked(places, held.certificate_pem), held.certificate_pem + held.chain_pem
        judged = [finding for place, found in shown for finding in judge(place, found, wanted, self.now)]
        return [*judged, *revoked(shown, wanted, open_issuer(self.renewal.spec.issuer).lists(), self.now)]

    def _waits(self) -> dict[str, Any]:
        """Return what `check` publishes of an order that waits; the state keeps the request of what it holds."""
        if not (waits := self.renewal.waits):
            return {}
        until = waits.until.isoformat() if waits.until else ""
        return {"csr_pem": self.state.csr_pem, "waits": {"why": waits.why, "until": until}}

    def _asked(self) -> tuple[str, ...]:
        """Say which CA an order goes out to, and for what, where that leaves this machine."""
        spec = self.renewal.spec
        if not spec.issuer.directory or not spec.challenge or not self.renewal.orders(self.state):
            return ()
        profile = f" of its profile {spec.issuer.profile}" if spec.issuer.profile else ""
        names = listed(spec.domains, 5)
        return (
            f"{spec.issuer.directory} is asked for a certificate{profile}: {names}, shown by {spec.challenge.kind}",
        )

    def refuse_rivals(self, journal: Journal) -> None:
        """Refuse a second certificate of one label, which is one to the issuer: each would undo the other's.

        Raises:
            IssuerError: there is one in this run.
        """
        mine, label = self.spec.resource, self.spec.label
        if rivals := advised.rivals(journal, label, "certificate", mine):
            told = (
                f"the issuer knows {rivals[0]!r} and {mine!r} by one name, {label!r}, under which one of them was made"
            )
            way_out = "take one out for one `pulumi up`, or give the newer one another name in the program"
            raise IssuerError(f"{told}; {way_out}", code="label-taken")
