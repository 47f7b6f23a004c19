"""The dynamic resource that orders a certificate. Its path and its type stand in users' state: they never change.

The program imports it too, to name it. So what only the engine's calls need is imported by them.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from inspect import get_annotations
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    Resource,
    UpdateResult,
)

from sophia_infra import clock, settings
from sophia_infra.changes import Changes
from sophia_infra.component import quiet
from sophia_infra.credentials import Credentials
from sophia_infra.engine_call import Configured, failure, plainly
from sophia_infra.errors import SophiaError
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.tls.account_resource import read_access, written
from sophia_infra.tls.current import damage, signed_by
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.issuers import Access, open_issuer
from sophia_infra.tls.revocation import ENDED
from sophia_infra.tls.spec import DECIDED, OF_STATE, PUBLISHED, ArgumentError, CertificateSpec
from sophia_infra.tls.state import CertificateState, StoredCertificate
from sophia_infra.tls.unknowns import not_yet, unknowns

log = logging.getLogger(__name__)


class CertificateProvider(Configured):
    """Asks for a certificate when there is none, and for the next one when that is due."""

    reporter: Reporter = STDERR

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Decide what is due and why, weigh it, and have it judged; nothing is ordered here."""
        from sophia_infra import advised
        from sophia_infra.tls.check import CheckedCertificate
        from sophia_infra.tls.plan_view import pending

        state, of_state = CertificateState.from_inputs(olds), news.pop(OF_STATE, None)
        try:
            journal = settings.journal(self._setting)
            if waiting := unknowns(news):
                waits = {**news, **not_yet(news, *DECIDED), **pending(state, waiting)}
                self.reporter.say_once(f"certificate of {news['label']}: {waits['advice']['summary']}")
                return CheckResult(advised.as_previewed(waits, str(news["label"]), journal, self.reporter), [])
            certificate = CheckedCertificate(
                CertificateSpec.from_inputs(news),
                state,
                settings.read(self._setting),
                clock.now(),
                journal,
                Credentials(self._setting),
                StoredCertificate.from_outputs(of_state),
                written(olds.get("accounts")),  # of a new account more is known at the apply than at the preview
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
        lost = "" if planned else damage(StoredCertificate.from_outputs(olds))
        if lost:
            label = olds.get("label")
            self.reporter.say_once(f"certificate of {label}: {lost} in the state; it is taken from its issuer again")
        # `delete` is given what the last update has stored: whether it revokes, and by whose account.
        names = ("revoke_on_destroy", "accounts") if news.get("revoke_on_destroy") else ("revoke_on_destroy",)
        told = any(olds.get(name) != news.get(name) for name in names)
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
        from sophia_infra.tls.challenges import leftovers
        from sophia_infra.tls.preflight.renewals import forget

        journal, label = settings.journal(self._setting), str(props["label"])
        log.debug("certificate of %s: leaves", label)
        leftovers.remove(journal, label, Credentials(self._setting), self.reporter)
        try:
            spec = CertificateSpec.from_inputs(props)
        except ArgumentError:  # of another release, which kept nothing
            if props.get("revoke_on_destroy"):
                raise
            return
        is_good = props.get("revoke_on_destroy") and clock.now() < datetime.fromisoformat(str(props["not_after"]))
        stored = StoredCertificate.from_outputs(props)
        signer = signed_by(spec, stored) if is_good else None
        if signer:
            issuer = open_issuer(signer.issuer, None, self._access(props)(signer.issuer.directory))
            issuer.withdraw(stored.certificate_pem, ENDED)
        if spec.issuer.kind is IssuerKind.ACME:
            forget(journal, spec)
        log.debug("certificate of %s: has left, %s", label, "revoked" if signer else "not revoked")

    def _order(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        from sophia_infra.tls.apply import Apply, PlannedOrder
        from sophia_infra.tls.events import as_revoked

        journal = settings.journal(self._setting)
        spec = as_revoked(CertificateSpec.from_inputs(news), journal)
        stored, planned = StoredCertificate.from_outputs(olds), PlannedOrder.from_inputs(news)
        return {**news, **Apply(spec, stored, planned, journal, self._access(news), self.reporter).outputs()}

    def _access(self, props: Mapping[str, Any]) -> Callable[[str], Access]:
        """Return what takes a directory to what an order there takes that is secret."""
        journal, credentials = settings.journal(self._setting), Credentials(self._setting)
        resolvers, accounts = settings.read(self._setting).resolver, props.get("accounts")

        def access(directory: str) -> Access:
            return replace(read_access(accounts, directory, credentials), resolvers=resolvers, journal=journal)

        return access


class Certificate(Resource, module="sophia", name="Certificate"):
    """A certificate. Takes the inputs in `spec.DECIDING` and `csr_pem`, and optionally `zone`, `answers`, `challenge`
    and the secret `accounts`.
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


def _refuse_lost_root(olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
    """Refuse where the issuer is still the same and the root is not: the state alone knows which one clients trust."""
    if unknowns(news):
        return
    spec = CertificateSpec.from_inputs(news)
    if CertificateState.from_inputs(olds).is_of(spec):
        open_issuer(spec.issuer).refuse_lost_root(str(olds.get("root_pem")))
