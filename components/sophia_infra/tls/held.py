"""The certificate that stands: as its issuer's folder has it, and else as the stack's state does."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sophia_infra import clock
from sophia_infra.tls.certificates import Certificate, Request, UnreadableError
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.issuers import Issued, open_issuer, several
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.state import CertificateState


def held(
    spec: CertificateSpec, state: Mapping[str, Any] | None = None, generation: float | None = None
) -> Issued | None:
    """Return what was issued last, if anything; `state` are its outputs in the stack's state, where those were read.

    By ACME the later one of both counts. The folder is ahead where a run was killed before the engine had stored what
    it ordered, the state where another machine has ordered since. Where the state was not read, a folder that knows
    only of certificates before `generation`, which stands at least, tells nothing.

    Raises:
        IssuerError: an issuer can't be asked, or has lost the certificate's root.
    """
    found = several.newest(spec)
    if spec.issuer.kind is IssuerKind.ACME:
        is_ours = state and state.get("label", spec.label) == spec.label  # and not that of one renamed since
        stored = of_state(spec, state) if state and is_ours else None
        if stored and (found is None or stored.generation > found.generation):
            found = stored
        elif found and not stored and (generation or 0) > found.generation:
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


def signed_by(spec: CertificateSpec, outputs: Mapping[str, Any]) -> CertificateSpec | None:
    """Return the spec with the issuer first who signed what is in a state; None where that is none of them."""
    if told := outputs.get("directory"):
        return spec.turn(str(told))
    # The embedded CA has none; older states never.
    return spec if CertificateState.from_inputs(outputs).is_of(spec) else None


def of_state(spec: CertificateSpec, outputs: Mapping[str, Any]) -> Issued | None:
    """Return the certificate in a state; None where it is damaged, or signed by none of the issuers."""
    with suppress(UnreadableError):
        return _whole(outputs, signer.issuer.directory) if (signer := signed_by(spec, outputs)) else None
    return None


def replaces(before: Issued | None, spec: CertificateSpec) -> bool:
    """Whether an order takes the place of a certificate at the same CA, whose limits do not count it then.

    It has to be for one of its names at least (RFC 9773 section 5).
    """
    if before is None or before.facts is None or before.directory != spec.issuer.directory:
        return False
    return not {*before.facts.domains}.isdisjoint(spec.domains)


def damage(outputs: Mapping[str, Any]) -> str:
    """Return what is wrong with the certificate in a state; empty where it is whole and for the key beside it."""
    try:
        _whole(outputs, "")
    except UnreadableError as error:
        return str(error)
    return ""


def _whole(outputs: Mapping[str, Any], directory: str) -> Issued:
    """Read what is in a state.

    Raises:
        UnreadableError: it is damaged, or for another key than the one beside it.
    """
    leaf, chain, root = (str(outputs.get(name) or "") for name in ("certificate_pem", "chain_pem", "root_pem"))
    facts = Certificate.read(leaf)
    if chain or not outputs.get("directory"):  # else an ACME CA signed with its root: nothing is served after it
        Certificate.read(chain)
    if facts.public_key_sha256 != Request.read(str(outputs.get("csr_pem"))).public_key_sha256:
        raise UnreadableError("a certificate for another key")
    return Issued(int(outputs.get("generation") or 1), facts, leaf, chain, root, directory=directory)
