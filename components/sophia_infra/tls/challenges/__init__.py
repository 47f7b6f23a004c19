"""Challenges: what shows an ACME CA that we control a name. Each kind is a module beside this."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sophia_infra.credentials import Credentials
from sophia_infra.dns.renewals import LABELS
from sophia_infra.probes.addresses import Server
from sophia_infra.tls.challenge_settings import ChallengeSettings


@dataclass(frozen=True, slots=True)
class Proof:
    """What the CA looks for at one name. None of it is secret: whoever asks as the CA does gets it.

    Attributes:
        domain: the name, without the `*.` of a wildcard.
        token: the CA's word for this challenge; empty of one that has none.
        content: the key authorization (RFC 8555 section 8.1), or the text of a record that persists.
    """

    domain: str
    token: str
    content: str


class Solver(Protocol):
    """Shows proofs where a CA looks for them. Several threads and processes may do so at once, for other names."""

    def present(self, proofs: Sequence[Proof]) -> None:
        """Show proofs; they can be looked up when this returns.

        MUST be idempotent, and MUST change nothing but what is theirs.

        Raises:
            IssuerError: one can't be shown; some of them may be, and the caller removes them all.
        """

    def remove(self, proofs: Sequence[Proof]) -> None:
        """Take proofs away. MUST succeed where there are none, and leave what is not theirs.

        Raises:
            IssuerError: one can't be taken away.
        """


def open_solver(settings: ChallengeSettings, credentials: Credentials, resolvers: Sequence[Server] = ()) -> Solver:
    """Return the solver that the settings describe; touches nothing. `resolvers` are asked about aliases.

    Raises:
        IssuerError: a backend is not known, or set up wrongly.
    """
    if settings.kind in LABELS:
        from sophia_infra.tls.challenges.zone import ZoneRecords

        return ZoneRecords.at(settings, credentials, resolvers)
    if settings.listen:
        from sophia_infra.tls.challenges.responder import Responder

        return Responder(settings)
    from sophia_infra.tls.challenges.webroot import Webroot

    return Webroot(Path(settings.webroot))
