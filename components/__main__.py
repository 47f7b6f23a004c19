"""Serves the components to stacks in any language: `pulumi package add <this folder>` writes their SDK."""

from pulumi.provider.experimental import component_provider_host

from sophia_infra import IntelligentDnsZone, RotatingSecret, SelfHealingCert
from sophia_infra.version import VERSION

if __name__ == "__main__":
    component_provider_host([IntelligentDnsZone, RotatingSecret, SelfHealingCert], "sophia", version=VERSION)
