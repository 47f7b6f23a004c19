"""The dynamic resource that orders a certificate. Its path and its type stand in users' state: they never change.

The program imports it too, to name it. So what only the engine's calls need is imported by them.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from inspect import get_annotations
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from sophia_infra import clock, settings, trail
from sophia_infra.advice.report import STDERR, Reporter
from sophia_infra.changes import Changes
from sophia_infra.component import quiet
from sophia_infra.credentials import Credentials
from sophia_infra.engine_call import failure, plainly
from sophia_infra.engine_run import engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, Kind, Row
from sophia_infra.tls.account_resource import read_access
from sophia_infra.tls.certificates import Certificate as CertificateFacts
from sophia_infra.tls.events import CertificateEvent, Event, as_revoked, note
from sophia_infra.tls.held import damage, of_state, signed_by
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.issuers import Access, Issued, IssuerError, Order, open_issuer, several
from sophia_infra.tls.plan import CertificateState, Setback
from sophia_infra.tls.revocation import ENDED
from sophia_infra.tls.spec import OF_STATE, PUBLISHED, ArgumentError, CertificateSpec
from sophia_infra.tls.unknowns import not_yet, unknowns
from sophia_infra.tls.when.renewal import due, opening


@dataclass(frozen=True, slots=True)
class CertificateIntent(Row):
    """An order of a generation is about to go out in a run, against the certificate whose hash is `base`."""

    KIND: ClassVar = Kind.INTENT
    RESOURCE: ClassVar = "certificate"

    generation: int
    base: str
    run: str | None = None


@dataclass(frozen=True, slots=True)
class CertificateOutcome(Row):
    """A certificate of a generation was issued in a run: its serial number in hex, and its end (ISO 8601)."""

    KIND: ClassVar = Kind.OUTCOME
    RESOURCE: ClassVar = "certificate"

    generation: int
    serial_number: str
    not_after: str
    run: str | None = None


class CertificateProvider(ResourceProvider):
    """Asks for a certificate when there is none, and for the next one when that is due."""

    reporter: Reporter = STDERR
    _setting: Callable[[str], str | None] = staticmethod(lambda _key: None)

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's settings for `check`, which can refuse a wrong one by name."""
        self._setting = req.config.get
        trail.switch_on()

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Decide what is due and why, weigh it, and have it judged; nothing is ordered here."""
        from sophia_infra import advised
        from sophia_infra.tls.check import CheckedCertificate, pending

        state, of_state = CertificateState.from_inputs(olds), news.pop(OF_STATE, None)
        try:
            journal = settings.journal(self._setting)
            if waiting := unknowns(news):
                waits = {**news, **not_yet(news), **pending(state, waiting), PUBLISHED: pulumi.UNKNOWN}
                self.reporter.say_once(f"certificate of {news['label']}: {waits['advice']['summary']}")
                return CheckResult(advised.as_previewed(waits, str(news["label"]), journal, self.reporter), [])
            certificate = CheckedCertificate(
                CertificateSpec.from_inputs(news),
                state,
                settings.read(self._setting),
                clock.now(),
                journal,
                Credentials(self._setting),
                of_state,
            )
            checked = {**news, **advised.check(certificate, journal, self.reporter)}
            if checked.get("waits"):
                checked["revoke"] = olds.get("revoke")  # so that the run that orders is told of it
            return CheckResult(checked, [])
        except SophiaError as error:
            return CheckResult(news, [failure(error)])

    @plainly
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Update when `check` has planned to, and when the state has lost the certificate; refuse a lost root."""
        _refuse_lost_root(olds, news)
        planned = bool(Changes.from_inputs(news["changes"]))
        lost = "" if planned else damage(olds)
        if lost:
            label = olds.get("label")
            self.reporter.say_once(f"certificate of {label}: {lost} in the state; it is taken from its issuer again")
        # `delete` is given what the last update has stored.
        told = olds.get("revoke_on_destroy") != news.get("revoke_on_destroy")
        return DiffResult(changes=planned or bool(lost) or told)

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Order the certificate."""
        return CreateResult(str(props["label"]), self._order({}, props))

    @plainly
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Order the certificate that is due; one that was ordered before is handed out again."""
        return UpdateResult(self._order(olds, news))

    @plainly
    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Take away what is left of proofs, and it from what renews; only where that is asked for is it revoked."""
        from sophia_infra.tls.challenges import left
        from sophia_infra.tls.preflight.renewing import forget

        journal = settings.journal(self._setting)
        left.remove(journal, str(props["label"]), Credentials(self._setting))
        with suppress(ArgumentError):  # of another release, which kept nothing
            spec = CertificateSpec.from_inputs(props)
            is_good = props.get("revoke_on_destroy") and clock.now() < datetime.fromisoformat(str(props["not_after"]))
            if is_good and (signer := signed_by(spec, props)):
                issuer = open_issuer(signer.issuer, None, self._access(props)(signer.issuer.directory))
                issuer.withdraw(str(props["certificate_pem"]), ENDED)
            if spec.issuer.kind is IssuerKind.ACME:
                forget(journal, spec)

    def _order(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        return _order(olds, news, settings.journal(self._setting), self._access(news))

    def _access(self, props: Mapping[str, Any]) -> Callable[[str], Access]:
        """Return what takes a directory to what an order there takes that is secret."""
        journal, credentials = settings.journal(self._setting), Credentials(self._setting)
        resolvers, accounts = settings.read(self._setting).resolver, props.get("accounts")

        def access(directory: str) -> Access:
            return replace(read_access(accounts, directory, credentials), resolvers=resolvers, journal=journal)

        return access


class Certificate(Resource, module="sophia", name="Certificate"):
    """A certificate. Takes the inputs in `spec.DECIDING` and `csr_pem`, and optionally `zone`, `caa`, `answers`,
    `challenge` and the secret `accounts`.
    """

    csr_pem: pulumi.Output[str]
    certificate_pem: pulumi.Output[str]
    chain_pem: pulumi.Output[str]
    root_pem: pulumi.Output[str]
    not_before: pulumi.Output[str]
    not_after: pulumi.Output[str]
    next_renewal: pulumi.Output[str]
    serial_number: pulumi.Output[str]
    issuer_name: pulumi.Output[str]
    directory: pulumi.Output[str]
    generation: pulumi.Output[int]
    changes: pulumi.Output[dict[str, Any]]
    advice: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        hidden = pulumi.ResourceOptions.merge(quiet(opts), pulumi.ResourceOptions(hide_diffs=[PUBLISHED]))
        super().__init__(CertificateProvider(), name, {**dict.fromkeys(get_annotations(Certificate)), **props}, hidden)


def _order(
    olds: Mapping[str, Any], news: Mapping[str, Any], journal: Journal, access: Callable[[str], Access]
) -> dict[str, Any]:
    """Order what the inputs plan, and return all outputs."""
    spec = as_revoked(CertificateSpec.from_inputs(news), journal)
    signer, waits = signed_by(spec, olds), _waits(news)
    order = Order(
        label=spec.label,
        generation=int(news["generation"]),
        base=Changes.of_resource(news).base,
        csr_pem=str(news["csr_pem"]),
        domains=spec.domains,
        lifetime=spec.lifetime,
        standing=_standing(olds, spec, waits=bool(waits)),
        replaced_pem=str(olds.get("certificate_pem") or "") if signer else "",
    )
    if waits and not order.standing and not _on_record(order, spec):
        raise waits.refusal(spec.subject)
    from sophia_infra.tls import setbacks  # the engine's side only

    run = engine_run()
    journal.write(order.label, CertificateIntent(order.generation, order.base, run))
    if spec.issuer.kind is not IssuerKind.ACME:  # which does so once nobody else shows any
        from sophia_infra.tls.challenges import left

        left.remove(journal, spec.label, access("").credentials)

    def attempt(turn: CertificateSpec, order: Order) -> Issued:
        if signer is None or turn.issuer != signer.issuer:
            order = replace(order, replaced_pem="")
        try:
            return open_issuer(turn.issuer, turn.challenge, access(turn.issuer.directory)).issue(order)
        except IssuerError as error:
            note(journal, order.label, setbacks.failure(journal, turn, order.generation, error, clock.now()))
            raise

    first = signer.issuer.directory if signer and order.standing else str(news.get("asks") or "")
    turns = several.behind(spec, first)
    free = [turn for turn in turns[1:] if not setbacks.of_issuer(journal, turn, clock.now())]
    with setbacks.alone(journal, spec):
        if waits and signer and order.standing:
            spec, issued = signer, order.standing  # and nobody is asked
        else:
            spec, issued = several.issue(order, [turns[0], *free], attempt)
        if issued != order.standing and issued.facts and not waits:
            what = Event.RENEWED if olds else Event.ISSUED
            told: dict[str, Any] = {"serial_number": issued.facts.serial_number, "not_after": issued.facts.not_after}
            note(journal, order.label, CertificateEvent.of(what, spec, issued.generation, **told))
    outputs = {**news, **_outputs(spec, issued)}
    serial_number, not_after = outputs["serial_number"], outputs["not_after"]
    journal.write(order.label, CertificateOutcome(issued.generation, serial_number, not_after, run))
    if spec.issuer.kind is IssuerKind.ACME:
        from sophia_infra.tls.preflight.renewing import keep

        account = getattr(open_issuer(spec.issuer), "account_of", lambda _: "")(spec.label)
        keep(journal, spec, outputs, olds, account)
    asked = spec.revocation
    if asked and not asked.is_done and signer and asked.serial_number == olds.get("serial_number") != serial_number:
        # The next certificate is there. Where this fails the state keeps the old one, and the next run does it.
        by = open_issuer(signer.issuer, None, access(signer.issuer.directory))
        by.withdraw(str(olds["certificate_pem"]), asked.reason)
    return outputs


def _outputs(spec: CertificateSpec, issued: Issued) -> dict[str, Any]:
    """Return the outputs that a certificate has by itself."""
    opens = opening(replace(issued, suggestion=open_issuer(spec.issuer).suggested(spec.label, issued)), spec.schedule)
    facts = issued.facts or CertificateFacts.read(issued.certificate_pem)
    return {
        "certificate_pem": issued.certificate_pem,
        "chain_pem": issued.chain_pem,
        "root_pem": issued.root_pem,
        "not_before": facts.not_before.isoformat(),
        "not_after": facts.not_after.isoformat(),
        "next_renewal": opens.next(opens.at).isoformat() if opens else "",
        "serial_number": facts.serial_number,
        "issuer_name": facts.issuer_name,
        "directory": spec.issuer.directory,
    }


def _waits(news: Mapping[str, Any]) -> Setback | None:
    """Return what `check` has found an order to wait for."""
    if not (told := news.get("waits")):
        return None
    return Setback(str(told["why"]), datetime.fromisoformat(told["until"]) if told["until"] else None)


def _on_record(order: Order, spec: CertificateSpec) -> bool:
    """Say whether the newest certificate that an issuer holds is for the key of an order, which hands it out again."""
    from sophia_infra.tls import keys  # it takes long to load

    found = several.newest(spec)
    wanted = keys.public_key_hash(keys.requested_key(order.csr_pem))
    return bool(
        found and found.facts and (found.generation, found.facts.public_key_sha256) == (order.generation, wanted)
    )


def _standing(olds: Mapping[str, Any], spec: CertificateSpec, *, waits: bool) -> Issued | None:
    """Return the certificate in the state where it is what is asked for, of the same issuer, and not due.

    While an order `waits`, one that is due stands. One that is revoked, or is to be, does not.
    """
    found, signer = of_state(spec, olds), signed_by(spec, olds)
    if not found or not found.facts or not signer or olds.get("csr_pem") != spec.csr_pem:
        return None
    if spec.revocation and spec.revocation.serial_number == found.facts.serial_number:
        return None
    found = replace(found, suggestion=open_issuer(signer.issuer).suggested(spec.label, found))
    return found if waits or not due(spec, found, clock.now()) else None


def _refuse_lost_root(olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
    """Refuse where the issuer is still the same and the root is not: the state alone knows which one clients trust."""
    if unknowns(news):
        return
    issuer = CertificateSpec.from_inputs(news).issuer
    if CertificateState.from_inputs(olds).is_of(CertificateSpec.from_inputs(news)):
        open_issuer(issuer).refuse_lost_root(str(olds.get("root_pem")))
