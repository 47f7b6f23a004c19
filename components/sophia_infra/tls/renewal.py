"""The renewal clock: whether a certificate is due, why, and when the next one will be. Pure; time is an argument."""

from datetime import datetime, timedelta

from sophia_infra.changes.model import Exposure, Reason
from sophia_infra.tls.issuers.model import Issued
from sophia_infra.tls.spec import CertificateSpec

SHORT_LIFETIME = timedelta(days=10)
WINDOW = 1 / 3
SHORT_WINDOW = 1 / 2


def default_window(lifetime: timedelta) -> float:
    """Return the share of a lifetime that is left when a certificate is renewed: a third, half at ten days or less.

    That is what Let's Encrypt asks of its clients: https://letsencrypt.org/docs/integration-guide/#when-to-renew.
    """
    return SHORT_WINDOW if lifetime <= SHORT_LIFETIME else WINDOW


def next_renewal(not_before: datetime, not_after: datetime, window: float | None = None) -> datetime:
    """Return when the renewal window of a certificate opens, to the second; `window` None means the default share."""
    lifetime = not_after - not_before
    share = default_window(lifetime) if window is None else window
    return (not_after - lifetime * share).replace(microsecond=0)


def due(spec: CertificateSpec, held: Issued, now: datetime) -> tuple[Reason, ...]:
    """Return why the certificate that the issuer holds must be replaced now; nothing while it may stay.

    The answer depends on nothing but the arguments, so that a run after a crash decides as the one before it did.
    """
    if held.facts is None:
        return (_reason(spec, Exposure.MEDIUM, "the issuer's copy of the certificate can't be read"),)
    facts = held.facts
    reasons = [
        held.withdrawn and (Exposure.HIGH, held.withdrawn),
        _names_changed(spec.domains, facts.domains),
        facts.key_type != spec.key_type
        and (Exposure.MEDIUM, f"key type changed from {facts.key_type} to {spec.key_type}"),
        _window_reached(facts.not_before, facts.not_after, spec.window, now),
    ]
    return tuple(_reason(spec, *found) for found in reasons if found)


def generation(held: Issued | None, reasons: tuple[Reason, ...]) -> int:
    """Return which certificate of its label is wanted, counted from 1: the one held, or the next when that is due."""
    if held is None:
        return 1
    return held.generation + 1 if reasons else held.generation


def _reason(spec: CertificateSpec, exposure: Exposure, why: str) -> Reason:
    return Reason(exposure, f"{spec.subject} certificate", "renew", why)


def _names_changed(asked: tuple[str, ...], held: tuple[str, ...]) -> tuple[Exposure, str] | None:
    adds = [name for name in asked if name not in held]
    drops = [name for name in held if name not in asked]
    if not adds and not drops:
        return None
    said = [f"{verb} {_few(names)}" for verb, names in (("adds", adds), ("drops", drops)) if names]
    return Exposure.HIGH if drops else Exposure.MEDIUM, f"domains changed: {', '.join(said)}"


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _window_reached(
    not_before: datetime, not_after: datetime, window: float | None, now: datetime
) -> tuple[Exposure, str] | None:
    opens = next_renewal(not_before, not_after, window)
    if now < opens:
        return None
    if now > not_after:
        return Exposure.HIGH, f"expired on {not_after:%Y-%m-%d}"
    return Exposure.MEDIUM, f"renewal window reached on {opens:%Y-%m-%d}"
