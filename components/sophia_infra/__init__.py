"""Pulumi components that weigh every change to DNS zones and certificates before it is made."""

from typing import TYPE_CHECKING

from sophia_infra.deferred import deferred

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

# The command and the provider need few of them.
__getattr__ = deferred(
    __name__,
    {
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
    },
)


def __dir__() -> list[str]:
    return __all__
