"""Opens the zone through the plugin, as a generated SDK in any language does."""

import pulumi


class Zone(pulumi.ComponentResource):
    """What `pulumi package add` would generate, in the few lines that this example needs."""

    serial: pulumi.Output[int]

    def __init__(self, name: str, args: dict[str, object]) -> None:
        super().__init__("sophia:index:IntelligentDnsZone", name, {**args, "serial": None}, remote=True)


zone = Zone(
    "shop",
    {
        "domain": "shop.example",
        "nameServers": ["ns1.dns.example.", "ns2.dns.example."],
        "records": [
            {"name": "@", "type": "A", "values": ["192.0.2.10"]},
            {"name": "_token", "type": "TXT", "value": pulumi.Output.secret("not-shown-anywhere")},
        ],
    },
)
pulumi.export("serial", zone.serial)
