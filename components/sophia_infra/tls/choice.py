"""Which of a certificate's issuers an order goes out to. Pure: what a look at an issuer finds is handed in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sophia_infra.advice.model import Finding
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.several import passes_on
from sophia_infra.tls.plan import Setback
from sophia_infra.tls.preflight import BLOCKING
from sophia_infra.tls.spec import CertificateSpec

if TYPE_CHECKING:
    from sophia_infra.tls.preflight.look import Seen


@dataclass(frozen=True, slots=True)
class Met:
    """What an order would meet at an issuer: `seen` is None for one that nothing has to be looked up for."""

    seen: "Seen | None" = None
    findings: tuple[Finding, ...] = ()

    def in_vain(self, *, of_ca: bool = False) -> Finding | None:
        """Return the first finding that an order can't survive; `of_ca` leaves out what all CAs would meet."""
        codes = BLOCKING - {"challenge-unready"} if of_ca else BLOCKING
        return next((finding for finding in self.findings if finding.code in codes), None)


@dataclass(frozen=True, slots=True)
class Choice:
    """The certificate as it is asked of one issuer, and what an order meets there.

    `passed` says why those before it were passed over. `waits` says why the order does not go out now.
    """

    turn: CertificateSpec
    met: Met = Met()
    passed: tuple[str, ...] = ()
    waits: Setback | None = None


def choose(turns: Sequence[CertificateSpec], look: Callable[[CertificateSpec], Met], *, may_wait: bool) -> Choice:
    """Choose the first issuer that would take the order; what blocks the last one is left to the rules.

    `look` raises IssuerError where an issuer would refuse the order. `may_wait` says that the certificate of before is
    good: then an order that nobody takes now waits.

    Raises:
        IssuerError: all would refuse it, that of the first; or one did for a reason that they share.
    """
    refused: list[IssuerError] = []
    try:
        for turn in turns:
            try:
                met = look(turn)
                _refuse_unlike(met, turn, is_last=turn is turns[-1])
            except IssuerError as error:
                if not passes_on(error):
                    raise
                refused.append(error)
                continue
            passed = tuple(f"{error}; the next issuer is asked" for error in refused)
            return Choice(turn, met, passed, _until_then(met) if may_wait else None)
        raise refused[0]
    except IssuerError as error:
        if not may_wait:
            raise
        return Choice(turns[0], waits=Setback(str(error)))


def _refuse_unlike(met: Met, turn: CertificateSpec, *, is_last: bool) -> None:
    """Pass an issuer over for what blocks it alone: CAA that excludes it, or a rate limit."""
    if not is_last and (finding := met.in_vain(of_ca=True)):
        directory = turn.issuer.directory
        told = f"{directory}: {finding.message}"
        raise IssuerError(told, code="acme-refused", subject=directory, value=finding.code)


def _until_then(met: Met) -> Setback | None:
    """Return what an order waits for that can't be survived now, until the CA's limits allow it."""
    if not (finding := met.in_vain()):
        return None
    until = max((limit.possible for limit in met.seen.reached), default=None) if met.seen else None
    return Setback(f"{finding.code}: {finding.message}", until)
