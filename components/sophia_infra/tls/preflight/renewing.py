"""By what a certificate renews, kept for the zones of its names by each order, and until it is gone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sophia_infra.dns.renewals.renewal import Renewal, last, note
from sophia_infra.journal import Journal
from sophia_infra.tls.names import address
from sophia_infra.tls.spec import CAA_ISSUERS, CertificateSpec


def keep(
    journal: Journal, spec: CertificateSpec, news: Mapping[str, Any], olds: Mapping[str, Any], account: str = ""
) -> None:
    """Keep what an order rested on; `news` are the outputs after it, `olds` those before; `account` is its URI."""
    note(journal, _renewal(spec, news, account=account), _names(olds))


def account_of(journal: Journal, spec: CertificateSpec) -> str:
    """Return the URI of the account that ordered it last at its CA; empty where that is not known."""
    kept = last(journal, spec.resource or spec.label, _names({"domains": spec.domains}))
    return kept.account if kept and kept.directory == spec.issuer.directory else ""


def forget(journal: Journal, spec: CertificateSpec) -> None:
    """Say that a certificate is gone, and that nobody renews it."""
    note(journal, _renewal(spec, {}, stands=False))


def _renewal(spec: CertificateSpec, news: Mapping[str, Any], **more: Any) -> Renewal:
    challenge, ends = spec.challenge, str(news.get("not_after") or "")
    return Renewal(
        certificate=spec.resource or spec.label,
        names=_names({"domains": spec.domains}),
        directory=spec.issuer.directory,
        issuers=tuple(map(str, news.get(CAA_ISSUERS) or spec.issuer.in_caa)),
        method=str(challenge.kind) if challenge else "",
        zones=tuple(zone.domain for zone in challenge.zones) if challenge else (),
        ends=datetime.fromisoformat(ends) if ends else None,
        **more,
    )


def _names(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(name) for name in inputs.get("domains") or () if not address(str(name)))
