"""The stack that the labelled utterances speak of."""

from sophia_infra.agent.inventory import Inventory, RRset

SHOP = (
    RRset("@", "NS", ("ns1.dns.example.", "ns2.dns.example."), 86400),
    RRset("@", "A", ("192.0.2.10",), 3600),
    RRset("@", "MX", ("10 mx1.mail.example.", "20 mx2.mail.example."), 3600),
    RRset("@", "TXT", ('"v=spf1 include:_spf.mail.example -all"',), 3600),
    RRset("_dmarc", "TXT", ('"v=DMARC1; p=none; rua=mailto:dmarc@shop.example"',), 3600),
    RRset("www", "A", ("192.0.2.10", "192.0.2.11"), 300),
    RRset("www", "AAAA", ("2001:db8::10",), 300),
    RRset("www2", "A", ("192.0.2.12",), 3600),
    RRset("api", "CNAME", ("www.shop.example.",), 3600),
    RRset("blog", "CNAME", ("hosting.example.",), 3600),
    RRset("old", "A", ("192.0.2.99",), 3600),
    RRset("mail", "A", ("192.0.2.25",), 3600),
    RRset("ftp", "A", ("192.0.2.21",), 3600),
)
PARK = (
    RRset("@", "NS", ("ns1.dns.example.",), 86400),
    RRset("@", "A", ("192.0.2.50",), 3600),
    RRset("ftp", "A", ("192.0.2.51",), 3600),
    RRset("info", "A", ("192.0.2.50",), 3600),
)
STACK = Inventory(
    zones={"shop.example": SHOP, "park.example": PARK},
    pools={"www.shop.example": ("192.0.2.10", "192.0.2.11")},
    certificates={"web": ("shop.example", "www.shop.example"), "api-cert": ("api.shop.example",)},
    secrets=("app-db", "mail-relay"),
    environments=("sophia/dev", "sophia/prod"),
    settings=("sophia:autonomy", "sophia:probe", "shop:replicas"),
)
