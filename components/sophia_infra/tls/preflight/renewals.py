"""By what a certificate renews, kept for the zones of its names by each order, and until it is gone."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sophia_infra.dns.renewals.renewal import Renewal, last, note
from sophia_infra.journal import Journal
from sophia_infra.tls.names import address
from sophia_infra.tls.spec import CertificateSpec


def keep(
    journal: Journal,
    spec: CertificateSpec,
    ends: datetime,
    in_caa: tuple[str, ...] = (),
    account: str = "",
    *,
    former: Iterable[str] = (),
) -> None:
    """Keep what an order rested on.

    Args:
        journal: the stack's.
        spec: what was asked for, with the CA that signed.
        ends: when the certificate ends.
        in_caa: what CAA records call the CAs that may sign; none for what the CA is known to be called.
        account: the URI of the account that ordered it.
        former: the names of the certificate before.
    """
    found = _renewal(spec, issuers=in_caa or tuple(spec.issuer.in_caa), ends=ends, account=account)
    note(journal, found, _names(former))


def account_of(journal: Journal, spec: CertificateSpec) -> str:
    """Return the URI of the account that ordered it last at its CA; empty where that is not known."""
    kept = last(journal, spec.resource or spec.label, _names(spec.domains))
    return kept.account if kept and kept.directory == spec.issuer.directory else ""


def forget(journal: Journal, spec: CertificateSpec) -> None:
    """Say that a certificate is gone, and that nobody renews it."""
    note(journal, _renewal(spec, issuers=tuple(spec.issuer.in_caa), stands=False))


def _renewal(spec: CertificateSpec, **more: Any) -> Renewal:
    challenge = spec.challenge
    return Renewal(
        certificate=spec.resource or spec.label,
        names=_names(spec.domains),
        directory=spec.issuer.directory,
        method=str(challenge.kind) if challenge else "",
        zones=tuple(zone.domain for zone in challenge.zones) if challenge else (),
        **more,
    )


def _names(domains: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in domains if not address(name))
