"""Revoking a certificate of a state by hand. The journal tells the next run of it, which orders another one."""

from collections.abc import Iterable
from dataclasses import replace

from sophia_infra.cli.certificates.accounts import KnownAccount
from sophia_infra.credentials import CredentialError, resolve
from sophia_infra.journal import Journal, JournalError
from sophia_infra.tls import keys
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.current import of_state, signed_by
from sophia_infra.tls.events import CertificateEvent, Event
from sophia_infra.tls.issuers import Access, IssuerError, open_issuer
from sophia_infra.tls.of_state import Known, StateError
from sophia_infra.tls.spec import CertificateSpec


def signer(known: Known) -> CertificateSpec:
    """Return what was asked for, with that issuer first who signed the certificate in a state; nobody is asked.

    Raises:
        StateError: there is no whole certificate, or none of those issuers has signed it.
        ArgumentError: the state was written by another release, and can't be read any more.
    """
    spec, stored = known.spec(), known.stored
    if not of_state(spec, stored) or not (found := signed_by(spec, stored)):
        told = f"the state has no whole certificate of {known.name} that one of its issuers has signed"
        raise StateError(f"{told}; run `pulumi up`, or ask its CA", code="no-certificate", value=known.name)
    return found


def revoke(known: Known, accounts: Iterable[KnownAccount], reason: str, journal: Journal) -> None:
    """Have the certificate that a state holds revoked, and journal it; doing it twice is once.

    Args:
        known: the certificate.
        accounts: those of the same state: an ACME CA revokes by the word of the account that has ordered, and where
            that is gone by the certificate's own key.
        reason: one of `revocation.REASONS`.
        journal: the stack's.

    Raises:
        StateError, ArgumentError: as `signer`.
        IssuerError: the issuer can't be asked, or refuses.
        CredentialError: the account's key is kept elsewhere and is not there, and the state shows no other.
        JournalError: it is revoked, and the next run won't hear of it; a note says what to do.
    """
    spec, pem = signer(known), str(known.outputs["certificate_pem"])
    facts = Certificate.read(pem)
    of_account = (each.key for each in accounts if each.inputs.get("directory") == spec.issuer.directory)
    own = next((key for key in known.keys if keys.holds(key, facts.public_key_sha256)), "")
    access = Access(certificate_key=own)
    try:
        access = replace(access, account_key=resolve(next(of_account, ""), "issuer.account_key"))
    except CredentialError:
        if not own:
            raise
    if spec.issuer.directory and not (access.account_key or own):
        told = f"this state shows neither the key of the account at {spec.issuer.directory} nor the certificate's"
        raise IssuerError(f"{told}: give what `pulumi stack export --show-secrets` prints", code="account")
    open_issuer(spec.issuer, None, access).withdraw(pem, reason)
    generation, serial = int(known.outputs.get("generation") or 1), facts.serial_number
    event = CertificateEvent.of(Event.REVOKED, spec, generation, serial_number=serial, problem=reason)
    try:
        journal.write(known.label, event)
    except JournalError as error:
        error.add_note("the certificate is revoked; run this again, so that the next `pulumi up` knows and replaces it")
        raise
