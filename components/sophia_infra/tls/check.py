"""A certificate in `check`: a resource that walks as every other one does (see `advised`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sophia_infra import advised
from sophia_infra.advice.consult import RuleAdvisor
from sophia_infra.advice.model import Advice, Edit, Finding, Verdict
from sophia_infra.advised import About
from sophia_infra.changes import Exposure, fingerprint
from sophia_infra.credentials import Credentials
from sophia_infra.engine_run import engine_run
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from sophia_infra.tls import lint, preflight
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.challenges.left import left
from sophia_infra.tls.endpoints import looked
from sophia_infra.tls.events import as_revoked
from sophia_infra.tls.facts import Facts, State
from sophia_infra.tls.held import held
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.issuers import IssuerError, open_issuer, several
from sophia_infra.tls.plan import CertificateState, Plan, Setback
from sophia_infra.tls.preflight.renewing import CAA_ISSUERS
from sophia_infra.tls.setbacks import of_issuer, setback
from sophia_infra.tls.spec import PUBLISHED, CertificateSpec
from sophia_infra.values import listed

if TYPE_CHECKING:
    from sophia_infra.tls.preflight.look import Seen

_BLOCKING = lint.BLOCKING | preflight.BLOCKING


def pending(state: CertificateState, waiting: tuple[str, ...]) -> dict[str, Any]:
    """Return what `check` publishes while some inputs are unknown: that the certificate waits for them."""
    why = f"waits for {', '.join(waiting)}, not known before the apply"
    reasons = (f"low certificate issue: {why}",)
    changes = replace(state.changes, pending=waiting, exposure=Exposure.LOW, reasons=reasons)
    advice = Advice("", "rules", Verdict.APPROVE, why)
    return {"changes": changes.as_inputs(), "advice": advice.as_inputs()}


def dated(plan: Plan, now: datetime) -> tuple[str, ...]:
    """Return what of a plan is due at a time: nothing else of it, or of the advice on it, comes by time alone."""
    facts = Facts.of(plan, now)
    late = ["more than half of its renewal window has passed"] if facts.state is State.LATE else []
    lists = [f"its authority's revocation list (it ends on {facts.list_ends})"] if facts.list_ends else []
    if facts.waits:
        late.append(f"its renewal (it waits for maintenance until {facts.waits})")
    says = facts.fault or facts.explanation
    advised = [f"what its CA says of renewals ({says})"] if says else []
    due = [f"what it waits for ({plan.waits})"] if plan.waits else [f"its renewal ({why.why})" for why in plan.due]
    return (*due, *late, *lists, *advised)


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
    journal: Journal | None = None
    credentials: Credentials = field(default_factory=Credentials)
    of_state: Mapping[str, Any] | None = None
    """`held.OF_STATE` of the stack's state, where the program has read that."""
    _passed: tuple[str, ...] = ()

    @property
    def about(self) -> About:
        """Say who it is; its issuer knows it by its label."""
        of_stack = self.settings
        return About(
            "certificate", self.spec.subject, self.spec.label, autonomy=of_stack.autonomy, claude=of_stack.claude
        )

    @cached_property
    def renewal(self) -> Plan:
        """What is due; the issuer is asked once.

        Raises:
            IssuerError: it can't be asked, or has lost the certificate's root.
        """
        spec, generation = as_revoked(self.spec, self.of_journal), self.state.generation
        held_back, revokes = setback(self.of_journal, spec, self.now), self.state.revokes(spec)
        stands = held(spec, self.of_state, generation)
        made = Plan.make(spec, stands, self.now, generation, held_back, revokes=revokes)
        plan = replace(made, shown=len(left(self.of_journal, spec.label)))
        signer = spec.turn(stands.directory) if stands and not plan.due else None
        return replace(plan, spec=signer or spec)

    @property
    def of_journal(self) -> Journal:
        """The stack's journal."""
        return self.journal or Journal.open()

    @cached_property
    def facts(self) -> Facts:
        """What the rules judge it by."""
        return Facts.of(self.renewal, self.now)

    def plan(self, edits: Sequence[Edit]) -> advised.Plan:
        """Weigh what is due; there are no edits of a certificate.

        Raises:
            IssuerError: the issuer can't be asked, or would refuse the order.
        """
        met, seen = self._met(), self.seen  # which says who is asked
        met += (served := self._served())
        spec, facts, changes = self.renewal.spec, self.facts, self.renewal.changes(self.state)
        blocking = lint.BLOCKING if self.renewal.waits else _BLOCKING
        # What was met is part of what is judged: the same plan that meets something else gets other advice.
        digest = fingerprint(f"{facts.digest} {met}") if met else facts.digest
        published = self.renewal.as_inputs() | {PUBLISHED: facts.published(self.renewal, self.now)}
        return advised.Plan(
            changes=changes,
            digest=digest,
            facts=_shown(self.renewal, facts) | {"desired": digest},
            advisor=RuleAdvisor(lambda: [*lint.judge(facts), *met], blocking=blocking, in_vain=lint.IN_VAIN),
            inputs=published
            | self._waits()
            | ({CAA_ISSUERS: sorted(seen.issuers)} if seen else {})
            | ({"asks": spec.issuer.directory} if spec.others else {}),
            claim={"label": "", "certificate": spec.resource},
            late=True,  # any input of it may come from another resource
            lines=(*(changes.reasons[1:] if changes.updates else ()), *self._passed, *self._asked()),
            dated=(
                *dated(self.renewal, self.now),
                *(f"what {found.subject} serves ({found.message})" for found in served),
            ),
        )

    @cached_property
    def seen(self) -> "Seen | None":
        """What an order will meet at the first issuer who would take it; None where none goes out.

        An order that has to wait, and can, is taken out of the plan.

        Raises:
            IssuerError: all issuers would refuse it, or refused one just now; that of the first.
        """
        spec, plan = self.renewal.spec, self.renewal
        if refusal := plan.refusal(self.state, self.now):
            raise refusal
        if not plan.changes(self.state) or (spec.issuer.directory and not self._orders):
            return None
        try:
            return self._first_to_take_it()
        except IssuerError as error:
            if not (self.state.exists and plan.is_renewal and plan.may_wait(self.now)):
                raise
            self.renewal = replace(plan, waits=Setback(str(error)))
            return None

    def _first_to_take_it(self) -> "Seen | None":
        refused: list[IssuerError] = []
        turns = self.renewal.spec.turns
        for turn in turns:
            self.renewal = replace(self.renewal, spec=turn)
            try:
                found = self._look(turn, is_last=turn is turns[-1])
            except IssuerError as error:
                if not several.passes_on(error):
                    raise
                refused.append(error)
                continue
            self._passed = tuple(f"{error}; the next issuer is asked" for error in refused)
            return found
        raise refused[0]

    def _look(self, spec: CertificateSpec, *, is_last: bool) -> "Seen | None":
        if spec.others and (waits := of_issuer(self.of_journal, spec, self.now)):
            raise IssuerError(f"{spec.issuer.directory}: {waits}", code="acme-refused", subject=spec.issuer.directory)
        issuers = open_issuer(spec.issuer, spec.challenge).preflight(spec.domains, spec.lifetime)
        if not self._asked():
            return None
        from sophia_infra.tls.preflight.look import look  # most runs order nothing

        found = look(spec, issuers, self.settings, self.of_journal, self.credentials, replaces=self.state.is_of(spec))
        if not is_last:
            self._refuse_unlike(found, spec.issuer.directory)
        return found

    def _refuse_unlike(self, seen: "Seen", directory: str) -> None:
        """Pass an issuer over for what blocks it alone: CAA that excludes it, or a rate limit."""
        from sophia_infra.tls.preflight.judge import judge

        own = (finding for finding in judge(seen) if finding.code in preflight.BLOCKING - {"challenge-unready"})
        if finding := next(own, None):
            told = f"{directory}: {finding.message}"
            raise IssuerError(told, code="acme-refused", subject=directory, value=finding.code)

    def _met(self) -> list[Finding]:
        """Return what stands in the way of an order; one that could not be, and can wait, is taken out of the plan."""
        if self.seen is None:
            return []
        from sophia_infra.tls.preflight.judge import judge

        found, plan = judge(self.seen), self.renewal
        hopeless = next((finding for finding in found if finding.code in preflight.BLOCKING), None)
        if hopeless and self.state.exists and plan.is_renewal and plan.may_wait(self.now):
            until = max((limit.possible for limit in self.seen.reached), default=None)
            self.renewal = replace(plan, waits=Setback(f"{hopeless.code}: {hopeless.message}", until))
        return found

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
        if not spec.issuer.directory or not spec.challenge or not self._orders:
            return ()
        profile = f" of its profile {spec.issuer.profile}" if spec.issuer.profile else ""
        names = listed(spec.domains, 5)
        return (
            f"{spec.issuer.directory} is asked for a certificate{profile}: {names}, shown by {spec.challenge.kind}",
        )

    @property
    def _orders(self) -> bool:
        """Whether a certificate is ordered: not where the one that stands stays, or is taken on."""
        plan, same = self.renewal, self.state.is_of(self.spec)
        is_known = bool(plan.held or self.state.exists) and same
        return not plan.waits and bool(plan.due or not is_known)

    def refuse_rivals(self, journal: Journal) -> None:
        """Refuse a second certificate of one label, which is one to the issuer: each would undo the other's.

        Raises:
            IssuerError: there is one in this run.
        """
        run, mine, label = engine_run(), self.spec.resource, self.spec.label
        rows = journal.of_run(advised.PlanRow, run, label, foreign=True) if run and mine else []
        named = {str(row.row.claim.get("certificate") or mine) for row in rows}
        if rivals := sorted(named - {mine}):
            raise IssuerError(
                f"the issuer knows {rivals[0]!r} and {mine!r} by one name, {label!r}, under which one of them was made;"
                " take one out for one `pulumi up`, or give the newer one another name in the program",
                code="label-taken",
            )


def _shown(plan: Plan, facts: Facts) -> dict[str, Any]:
    """Return what an advisor sees."""
    spec, held = plan.spec, plan.held.facts if plan.held else None
    shown: dict[str, Any] = {
        "rules": lint.VERSION,
        "desired": facts.digest,
        "domains": list(spec.domains),
        "key_type": str(spec.key_type),
        "lifetime_days": facts.lifetime_hours // 24,
        "window_days": int(facts.window_hours // 24),
        "issuer": str(spec.issuer.kind),
        "due": bool(plan.due),
        "why": [reason.why for reason in plan.due],
    }
    if spec.issuer.directory:
        shown |= {"directory": spec.issuer.directory, "profile": spec.issuer.profile}
    if spec.challenge:
        shown["challenge"] = str(spec.challenge.kind)
    if spec.zone:
        shown |= {"zone": spec.zone, "caa": list(spec.caa)}
    return shown | (_served(held, plan) if held else {})


def _served(held: Certificate, plan: Plan) -> dict[str, Any]:
    """Return what an advisor sees of the certificate that is in use."""
    served: dict[str, Any] = {
        "serial": held.serial_number,
        "served_names": list(held.domains),
        "served_issuer": held.issuer_name,
        "served_key_type": held.key_type,
        "not_before": held.not_before.isoformat(),
        "not_after": held.not_after.isoformat(),
        "withdrawn": plan.held.withdrawn if plan.held else "",
    }
    if plan.opening and plan.spec.issuer.kind is not IssuerKind.ACME:  # what a CA suggests may change on any day
        served["renewal"] = plan.opening.at.isoformat()
    return {name: value for name, value in served.items() if value}
