"""Issuers: one small interface, and a module for each kind."""

from collections.abc import Callable

from sophia_infra.tls.issuers.model import Issued, Issuer, IssuerError, Order
from sophia_infra.tls.spec import IssuerKind, IssuerSettings

__all__ = ["Issued", "Issuer", "IssuerError", "Order", "open_issuer"]


def open_issuer(settings: IssuerSettings) -> Issuer:
    """Return the issuer that the settings describe. Touches nothing."""
    return _KINDS[settings.kind](settings)


def _embedded(settings: IssuerSettings) -> Issuer:
    from sophia_infra.tls.issuers.embedded import EmbeddedCa

    return EmbeddedCa.at(settings.folder, settings.permitted)


_KINDS: dict[IssuerKind, Callable[[IssuerSettings], Issuer]] = {IssuerKind.EMBEDDED: _embedded}
