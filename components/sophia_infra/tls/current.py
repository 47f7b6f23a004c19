"""The certificate that stands: as its issuer's folder has it, and else as the stack's state does."""

from contextlib import suppress
from dataclasses import replace

from sophia_infra import clock
from sophia_infra.tls.certificates import Certificate, Request, UnreadableError
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.issuers import Issued, open_issuer, several
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.state import NOT_STORED, StoredCertificate


def held(
    spec: CertificateSpec, stored: StoredCertificate = NOT_STORED, generation: float | None = None
) -> Issued | None:
    """Return what was issued last, if anything; `stored` is what the stack's state has of it, where that was read.

    By ACME the later one of both counts. The folder is ahead where a run was killed before the engine had stored what
    it ordered, the state where another machine has ordered since. Where the state was not read, a folder that knows
    only of certificates before `generation`, which stands at least, tells nothing.

    Raises:
        IssuerError: an issuer can't be asked, or has lost the certificate's root.
    """
    found = several.newest(spec)
    if spec.issuer.kind is IssuerKind.ACME:
        is_ours = stored.exists and stored.label in ("", spec.label)  # and not that of one renamed since
        known = of_state(spec, stored) if is_ours else None
        if known and (found is None or known.generation > found.generation):
            found = known
        elif found and not known and (generation or 0) > found.generation:
            found = None
    turn = spec.turn(found.directory) if found else None
    if found is None or turn is None:
        return None
    issuer = open_issuer(turn.issuer)
    issuer.refuse_lost_root(found.root_pem)
    if (told := spec.revocation) and found.facts and found.facts.serial_number == told.serial_number:
        found = replace(found, withdrawn=found.withdrawn or str(told))
    if spec.endpoints and not found.withdrawn:
        from sophia_infra.tls.endpoints.lists import withdrawn  # most name no endpoints

        found = replace(found, withdrawn=withdrawn(found.certificate_pem + found.chain_pem, (), clock.now()))
    return replace(found, suggestion=issuer.suggested(spec.label, found))


def signed_by(spec: CertificateSpec, stored: StoredCertificate) -> CertificateSpec | None:
    """Return the spec with the issuer first who signed what is in a state; None where that is none of them."""
    if stored.directory:
        return spec.turn(stored.directory)
    # The embedded CA has none; older states never.
    return spec if stored.published.is_of(spec) else None


def of_state(spec: CertificateSpec, stored: StoredCertificate) -> Issued | None:
    """Return the certificate in a state; None where it is damaged, or signed by none of the issuers."""
    with suppress(UnreadableError):
        return _whole(stored, signer.issuer.directory) if (signer := signed_by(spec, stored)) else None
    return None


def replaces(before: Issued | None, spec: CertificateSpec) -> bool:
    """Whether an order takes the place of a certificate at the same CA, whose limits do not count it then.

    It has to be for one of its names at least (RFC 9773 section 5).
    """
    if before is None or before.facts is None or before.directory != spec.issuer.directory:
        return False
    return not {*before.facts.domains}.isdisjoint(spec.domains)


def damage(stored: StoredCertificate) -> str:
    """Return what is wrong with the certificate in a state; empty where it is whole and for the key beside it."""
    try:
        _whole(stored, "")
    except UnreadableError as error:
        return str(error)
    return ""


def _whole(stored: StoredCertificate, directory: str) -> Issued:
    """Read what is in a state.

    Raises:
        UnreadableError: it is damaged, or for another key than the one beside it.
    """
    leaf, chain = stored.certificate_pem, stored.chain_pem
    facts = Certificate.read(leaf)
    if chain or not stored.directory:  # else an ACME CA signed with its root: nothing is served after it
        Certificate.read(chain)
    if facts.public_key_sha256 != Request.read(stored.csr_pem).public_key_sha256:
        raise UnreadableError("a certificate for another key")
    return Issued(stored.generation, facts, leaf, chain, stored.root_pem, directory=directory)
