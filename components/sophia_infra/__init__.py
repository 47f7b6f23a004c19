"""Pulumi components that weigh every change to DNS zones and certificates before it is made."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sophia_infra.agent.sophia import Requirement, SophiaInfrastructureAgent
    from sophia_infra.dns.arguments import RecordArgs, ZoneArgs
    from sophia_infra.dns.component import IntelligentDnsZone
    from sophia_infra.guard import BlastRadius
    from sophia_infra.secrets.component import RotatingSecret, RotatingSecretArgs
    from sophia_infra.tls.arguments import CertificateIssuerArgs, SelfHealingCertArgs
    from sophia_infra.tls.component import SelfHealingCert
    from sophia_infra.tls.spec import KeyType

__all__ = [
    "BlastRadius",
    "CertificateIssuerArgs",
    "IntelligentDnsZone",
    "KeyType",
    "RecordArgs",
    "Requirement",
    "RotatingSecret",
    "RotatingSecretArgs",
    "SelfHealingCert",
    "SelfHealingCertArgs",
    "SophiaInfrastructureAgent",
    "ZoneArgs",
]

_HOME = {
    "BlastRadius": "guard",
    "CertificateIssuerArgs": "tls.arguments",
    "IntelligentDnsZone": "dns.component",
    "KeyType": "tls.spec",
    "RecordArgs": "dns.arguments",
    "Requirement": "agent.sophia",
    "RotatingSecret": "secrets.component",
    "RotatingSecretArgs": "secrets.component",
    "SelfHealingCert": "tls.component",
    "SelfHealingCertArgs": "tls.arguments",
    "SophiaInfrastructureAgent": "agent.sophia",
    "ZoneArgs": "dns.arguments",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command and the provider need few of them."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
