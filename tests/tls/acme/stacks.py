"""A certificate of a stack at Pebble, as the engine asks its provider for it."""

from typing import Any

from sophia_infra.tls.certificate_resource import CertificateProvider
from tests.support.pebble import Pebble
from tests.tls.orders import csr

NAMES = ("shop.example", "www.shop.example")
Inputs = dict[str, Any]


def up(olds: Inputs, news: Inputs, resolver: str) -> Inputs:
    """Check and apply, as the engine does; return the outputs."""
    provider = CertificateProvider()
    provider._setting = {"sophia:resolver": resolver}.get
    checked = provider.check(olds, news)
    assert checked.failures == []
    if olds and not provider.diff("id", olds, checked.inputs).changes:
        return olds
    applied = provider.update("id", olds, checked.inputs) if olds else provider.create(checked.inputs)
    assert applied.outs is not None
    return applied.outs


def asked(pebble: Pebble, account_key: str, label: str) -> Inputs:
    return {
        "label": label,
        "domains": list(NAMES),
        "csr_pem": csr(NAMES),
        "accounts": {pebble.directory: {"account_key": account_key}},
        "issuer": pebble.issuer,
        "challenge": pebble.challenge,
    }
