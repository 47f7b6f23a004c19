"""Several issuers in an order: who holds the certificate, and who is asked for the next one."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.tls.issuers import Issued, IssuerError, Order, open_issuer
from sophia_infra.tls.spec import CertificateSpec

_OF_ONE_CA = frozenset({"acme-answer", "acme-refused", "acme-slow", "unreachable"})
_FOUND_NO_PROOF = frozenset({"caa", "rateLimited", "rejectedIdentifier", "serverInternal"})
"""Why a CA that looked for a proof may say no although the proof was there."""


def passes_on(error: IssuerError) -> bool:
    """Say whether an issuer failed for a reason that another one can't share; a proof not found is one they share."""
    return error.code in _OF_ONE_CA or (error.code == "challenge-failed" and error.value in _FOUND_NO_PROOF)


def newest(spec: CertificateSpec) -> Issued | None:
    """Return the newest certificate that an issuer of a spec holds, with whose it is; None where none holds any.

    Raises:
        IssuerError: one can't be asked.
    """
    told = ((turn.issuer.directory, open_issuer(turn.issuer).latest(spec.label)) for turn in spec.turns)
    found = [replace(issued, directory=directory) for directory, issued in told if issued]
    return max(found, key=lambda issued: issued.generation, default=None)


def behind(spec: CertificateSpec, first: str) -> tuple[CertificateSpec, ...]:
    """Return the turns from the issuer at a directory on; all of them where it is none of them."""
    at = next((at for at, turn in enumerate(spec.turns) if turn.issuer.directory == first), 0)
    return spec.turns[at:]


def issue(
    order: Order,
    turns: Sequence[CertificateSpec],
    attempt: Callable[[CertificateSpec, Order], Issued],
    reporter: Reporter = STDERR,
) -> tuple[CertificateSpec, Issued]:
    """Return the certificate of an order, and the turn of the one who issued it; `attempt` asks one.

    Where an issuer holds the certificate already, or a newer one than the order was planned against, it alone is asked.

    Raises:
        IssuerError: the last of them failed, or one for a reason that all share.
    """
    held = newest(turns[0])
    holder = turns[0].turn(held.directory) if held else None
    lags = held is None or held.generation < order.generation - 1
    if lags and turns[0].issuer.directory:
        order = replace(order, base="")  # planned by the state: this machine's folder does not know its certificate
    if held and holder and (held.generation >= order.generation or order.base not in ("", held.base)):
        return holder, attempt(holder, order)
    for turn in turns:
        own = order if holder is None or turn.issuer == holder.issuer else replace(order, base="")
        try:
            return turn, attempt(turn, own)
        except IssuerError as error:
            if turn is turns[-1] or not passes_on(error):
                raise
            reporter.say_once(f"certificate of {order.label}: {error}; the next issuer is asked")
    raise AssertionError("the last one returns or raises")
