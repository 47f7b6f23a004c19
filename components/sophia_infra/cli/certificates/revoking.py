"""Revoking a certificate of a state by hand. The journal tells the next run of it, which orders another one."""

from collections.abc import Iterable
from dataclasses import dataclass

from sophia_infra.cli.certificates.accounts import KnownAccount
from sophia_infra.cli.certificates.known import Known, StateError
from sophia_infra.credentials import resolve
from sophia_infra.journal import Journal, JournalError
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.events import CertificateEvent, Event
from sophia_infra.tls.issuers import Access, IssuerError, open_issuer
from sophia_infra.tls.spec import CertificateSpec


@dataclass(frozen=True, slots=True)
class Revocable:
    """A certificate that can be revoked: `issuer` is who signed it, a directory or the kind. Times are ISO 8601."""

    name: str
    label: str
    domains: tuple[str, ...]
    issuer: str
    serial_number: str
    not_after: str


def revocable(known: Known) -> Revocable:
    """Return the certificate that a state holds; nobody is asked.

    Raises:
        StateError: there is none yet.
        IssuerError: none of the issuers that the last run was asked for has signed it.
        ArgumentError: the state was written by another release, and can't be read any more.
    """
    issuer, found = _signer(known).issuer, Certificate.read(_pem(known))
    by = issuer.directory or str(issuer.kind)
    return Revocable(known.name, known.label, found.domains, by, found.serial_number, found.not_after.isoformat())


def revoke(known: Known, accounts: Iterable[KnownAccount], reason: str, journal: Journal) -> None:
    """Have the certificate that a state holds revoked, and journal it; doing it twice is once.

    Args:
        known: the certificate.
        accounts: those of the same state: an ACME CA revokes by the word of the account that has ordered.
        reason: one of `revocation.REASONS`.
        journal: the stack's.

    Raises:
        IssuerError: the issuer can't be asked, or refuses.
        CredentialError: the account's key is kept elsewhere, and is not there.
        JournalError: it is revoked, and the next run won't hear of it; a note says what to do.
    """
    spec, pem = _signer(known), _pem(known)
    keys = (each.key for each in accounts if each.inputs.get("directory") == spec.issuer.directory)
    access = Access(resolve(next(keys, ""), "issuer.account_key"))
    if spec.issuer.directory and not access.account_key:
        told = f"this state does not show the key of the account at {spec.issuer.directory}"
        raise IssuerError(f"{told}: give what `pulumi stack export --show-secrets` prints", code="account")
    open_issuer(spec.issuer, None, access).withdraw(pem, reason)
    generation, serial = int(known.outputs.get("generation") or 1), Certificate.read(pem).serial_number
    event = CertificateEvent.of(Event.REVOKED, spec, generation, serial_number=serial, problem=reason)
    try:
        journal.write(known.label, event)
    except JournalError as error:
        error.add_note("the certificate is revoked; run this again, so that the next `pulumi up` knows and replaces it")
        raise


def _signer(known: Known) -> CertificateSpec:
    """Return what is asked for, with that issuer first who signed."""
    spec, signed_by = known.spec(), known.outputs.get("directory")  # older states have none
    found = next((turn for turn in spec.turns if signed_by in (None, turn.issuer.directory)), None)
    if found is None:
        told = f"{known.name} was signed by {signed_by}, which is none of its issuers any more; ask that CA"
        raise IssuerError(told, code="issuer-gone", subject=known.name)
    return found


def _pem(known: Known) -> str:
    if pem := str(known.outputs.get("certificate_pem") or ""):
        return pem
    raise StateError(f"the state has no certificate of {known.name} yet", code="no-certificate", value=known.name)
