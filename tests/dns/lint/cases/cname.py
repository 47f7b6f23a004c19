from tests.dns.lint.cases.case import Case

APEX = ("@ SOA", "@ NS", "@ A", "@ AAAA", "@ MX", "@ TXT", "_dmarc TXT", "www CNAME", "mail A")
LONG = "a CNAME b\nb CNAME c\nc CNAME d\nd CNAME e\ne CNAME f\n"
CASES = [
    Case("cname-at-apex", "error @ CNAME", "@ CNAME site.dns.example.", "www CNAME site.dns.example.", without=APEX),
    Case("cname-target-missing", "error blog CNAME", "blog CNAME pages", "blog CNAME pages\npages A 192.0.2.7"),
    Case(
        "cname-target-missing", "error blog CNAME", "blog CNAME pages\na.pages A 192.0.2.7", 'blog CNAME b\nb TXT "x"'
    ),
    Case(
        "cname-target-missing",
        "error k._domainkey CNAME",
        "k._domainkey CNAME _dkim",
        "_acme-challenge CNAME shop.acme\n*.in A 192.0.2.7\nblog CNAME x.in",
    ),
    Case("cname-target-is-address", "error blog CNAME", "blog CNAME 192.0.2.7", "blog A 192.0.2.7"),
    Case("alias-target-missing", "error blog ALIAS", "blog ALIAS pages", "blog ALIAS pages\npages CNAME x.example."),
    Case("alias-target-missing", "error blog ALIAS", 'blog ALIAS b\nb TXT "x"', "blog ALIAS c\nc ALIAS x.example."),
    Case("alias-target-is-address", "error blog ALIAS", "blog ALIAS 192.0.2.7", "blog A 192.0.2.7"),
    Case("cname-loop", "error a CNAME", "a CNAME a\nb CNAME a", "a CNAME @\nb CNAME a"),
    Case("cname-chain-long", "warning a CNAME", f"{LONG}f CNAME @", "a CNAME b\nb CNAME c\nc CNAME d\nd CNAME @"),
    Case("dname-loop", "error old DNAME", "old DNAME a.old", "old DNAME a.bold"),
    Case(
        "cname-target-missing",
        "error blog CNAME",
        "blog CNAME pages.other.test.",
        "blog CNAME shop.other.test.",
        beside=(("other.test", 'shop TXT "x"'),),
    ),
]
