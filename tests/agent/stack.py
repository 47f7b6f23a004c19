"""The stack that the labelled utterances speak of."""

from sophia_infra.agent.inventory import Inventory
from sophia_infra.dns.rr.rrset import RRset

SHOP = (
    RRset("shop.example", "@", "NS", ("ns1.dns.example.", "ns2.dns.example."), 86400),
    RRset("shop.example", "@", "A", ("192.0.2.10",), 3600),
    RRset("shop.example", "@", "MX", ("10 mx1.mail.example.", "20 mx2.mail.example."), 3600),
    RRset("shop.example", "@", "TXT", ('"v=spf1 include:_spf.mail.example -all"',), 3600),
    RRset("shop.example", "_dmarc", "TXT", ('"v=DMARC1; p=none; rua=mailto:dmarc@shop.example"',), 3600),
    RRset("shop.example", "www", "A", ("192.0.2.10", "192.0.2.11"), 300),
    RRset("shop.example", "www", "AAAA", ("2001:db8::10",), 300),
    RRset("shop.example", "www2", "A", ("192.0.2.12",), 3600),
    RRset("shop.example", "api", "CNAME", ("www.shop.example.",), 3600),
    RRset("shop.example", "blog", "CNAME", ("hosting.example.",), 3600),
    RRset("shop.example", "old", "A", ("192.0.2.99",), 3600),
    RRset("shop.example", "mail", "A", ("192.0.2.25",), 3600),
    RRset("shop.example", "ftp", "A", ("192.0.2.21",), 3600),
)
PARK = (
    RRset("park.example", "@", "NS", ("ns1.dns.example.",), 86400),
    RRset("park.example", "@", "A", ("192.0.2.50",), 3600),
    RRset("park.example", "ftp", "A", ("192.0.2.51",), 3600),
    RRset("park.example", "info", "A", ("192.0.2.50",), 3600),
)
STACK = Inventory(
    zones={"shop.example": SHOP, "park.example": PARK},
    pools={"www.shop.example": ("192.0.2.10", "192.0.2.11")},
    certificates={"web": ("shop.example", "www.shop.example"), "api-cert": ("api.shop.example",)},
    secrets=("app-db", "mail-relay"),
    environments=("sophia/dev", "sophia/prod"),
    settings=("sophia:autonomy", "sophia:probe", "shop:replicas"),
)
