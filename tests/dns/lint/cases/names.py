from tests.dns.lint.cases.case import Case

WILD = "* A 192.0.2.7\n*.in CNAME www\n"
CASES = [
    Case(
        "owner-repeats-origin",
        "error api.shop.example A",
        "api.shop.example A 192.0.2.7",
        "api.shop.example. A 192.0.2.7",
    ),
    Case(
        "owner-repeats-origin",
        "error shop.example CAA",
        'shop.example CAA 0 issue ";"',
        'workshop.example CAA 0 issue ";"',
    ),
    Case(
        "owner-repeats-origin",
        "warning mail.shop.example A",
        "mail.shop.example A 192.0.2.7",
        "mail.example A 192.0.2.7",
    ),
    Case("owner-repeats-origin", "error x.lan.lan A", "x.lan.lan A 10.0.0.1", "lan A 10.0.0.1", origin="lan.lan"),
    Case(
        "owner-at-sign",
        r"warning _sip._tls.\@ SRV",
        "_sip._tls.@ SRV 100 1 443 mail",
        "_sip._tls SRV 100 1 443 mail",
    ),
    Case("wildcard-misplaced", "warning *a A", "*a A 192.0.2.7", "*.a A 192.0.2.7"),
    Case("wildcard-misplaced", "warning a.*.b A", "a.*.b A 192.0.2.7", "* A 192.0.2.7"),
    Case("wildcard-shadowed", "warning blog TXT", WILD + 'blog TXT "x"', WILD + 'blog TXT "x"\nblog A 192.0.2.8'),
    Case("wildcard-shadowed", "warning a.in CAA", WILD + 'a.in CAA 0 issue ";"', WILD + "a.in MX 0 ."),
    Case("wildcard-shadowed", "warning blog TXT", WILD + 'blog TXT "x"', WILD + '_x TXT "x"\nmg TXT "v=spf1 -all"'),
    Case("wildcard-shadowed", "warning mg TXT", WILD + 'mg TXT "v=spf10 -all"', WILD + 'mg TXT "V=SPF1 -all"'),
    Case(
        "wildcard-shadowed",
        "warning _acme-challenge.blog CNAME",
        WILD + "_acme-challenge.blog CNAME blog.acme.dns.example.",
        WILD + "_acme-challenge.blog CNAME blog.acme.dns.example.\nblog A 192.0.2.8",
    ),
    Case(
        "wildcard-shadowed", "warning blog TXT", WILD + 'blog TXT "x"', '*.sub A 192.0.2.7\nblog TXT "x"\nsub TXT "x"'
    ),
    Case("host-name-syntax", "warning my_app A", "my_app A 192.0.2.7", "my-app A 192.0.2.7\n_x._spf A 192.0.2.7"),
    Case("host-name-syntax", "warning app- AAAA", "app- AAAA 2001:db8::7", "1app A 192.0.2.7\n*.app A 192.0.2.7"),
    Case("host-name-syntax", "warning lists MX", "lists MX 10 mx_1.dns.example.", "lists MX 10 mx-1.dns.example."),
    Case("host-name-syntax", "warning sub NS", "sub NS ns_1.dns.example.", "my_app CNAME www"),
    Case(
        "wildcard-shadowed", "warning a.in TXT", '*.in A 192.0.2.7\na.in TXT "x"', '*.in A 192.0.2.7\na.b.sub TXT "x"'
    ),
    Case("idna-invalid", "warning xn--zzzzz9999999 A", "xn--zzzzz9999999 A 192.0.2.7", "xn--mnchen-3ya A 192.0.2.7"),
    Case("idna-invalid", "warning a.xn--shop- TXT", 'a.xn--shop- TXT "x"', "a.xn--3s9h A 192.0.2.7"),
]
