from tests.dns.lint.cases.case import Case

MX, SPF = "@ MX", "@ TXT"
SILENT_SPF = '@ TXT "v=spf1 -all"\n'
CASES = [
    Case("mx-target-is-cname", "error @ MX", "@ MX 10 www", "@ MX 10 mail", without=(MX,)),
    Case("mx-target-is-cname", "error lists MX", "lists MX 10 www", "lists MX 10 @"),
    Case(
        "mx-target-is-cname",
        "error lists MX",
        "*.in CNAME mail\nlists MX 10 a.in",
        "*.in A 192.0.2.7\nlists MX 10 a.in",
    ),
    Case("mx-target-is-address", "error lists MX", "lists MX 10 192.0.2.25", "lists MX 10 h1.192.0.2.dns.example."),
    Case("mx-target-is-address", "error lists MX", "lists MX 10 192.0.2.25.", "lists MX 10 ."),
    Case("mx-target-missing", "error lists MX", "lists MX 10 mial", "lists MX 10 mial.dns.example."),
    Case("mx-target-missing", "error lists MX", "*.a A 192.0.2.7\nlists MX 10 b.b", "*.a A 192.0.2.7\nlists MX 10 b.a"),
    Case("mx-target-missing", "error lists MX", "lists MX 10 in.sub", "sub NS ns1.dns.example.\nlists MX 10 in.sub"),
    Case("mx-target-no-address", "error lists MX", 'in TXT "x"\nlists MX 10 in', "in AAAA 2001:db8::7\nlists MX 10 in"),
    Case(
        "mx-target-no-address",
        "error lists MX",
        "a.in A 192.0.2.7\nlists MX 10 in",
        "a.in A 192.0.2.7\nlists MX 10 a.in",
    ),
    Case("ns-target-is-cname", "error @ NS", "@ NS www", "@ NS ns3.dns.example."),
    Case("ns-target-is-cname", "error sub NS", "sub NS www", "sub NS ns1"),
    Case("ns-target-is-address", "error @ NS", "@ NS 192.0.2.53", "@ NS ns1.dns.example."),
    Case("ns-target-missing", "error @ NS", "@ NS ns9", "@ NS ns9\nns9 A 192.0.2.54"),
    Case("ns-target-missing", "error sub NS", "sub NS ns9", "sub NS ns.other\nother NS ns1.dns.example."),
    Case("ns-target-no-address", "error @ NS", '@ NS ns9\nns9 TXT "x"', "@ NS ns9\nns9 AAAA 2001:db8::54"),
    Case("srv-target-is-cname", "warning _sip._tcp SRV", "_sip._tcp SRV 0 0 5060 www", "_sip._tcp SRV 0 0 5060 mail"),
    Case("srv-target-is-address", "error _sip._tcp SRV", "_sip._tcp SRV 0 0 5060 192.0.2.1", "_sip._tcp SRV 0 0 0 ."),
    Case(
        "srv-target-missing",
        "error _sip._tcp SRV",
        "_sip._tcp SRV 0 0 5060 pbx",
        "_sip._tcp SRV 0 0 5060 pbx.dns.example.",
    ),
    Case(
        "srv-target-no-address",
        "error _sip._tcp SRV",
        'pbx TXT "x"\n_sip._tcp SRV 0 0 5060 pbx',
        "pbx A 192.0.2.7\n_sip._tcp SRV 0 0 5060 pbx",
    ),
    Case("target-lacks-dot", "error lists MX", "lists MX 10 mail.shop.example", "lists MX 10 mail.shop.example."),
    Case("target-lacks-dot", "error pages CNAME", "pages CNAME ghs.google.com", "pages CNAME ghs.google.com."),
    Case("target-lacks-dot", "error pages CNAME", "pages CNAME shop.example", "pages CNAME shop.example."),
    Case(
        "target-lacks-dot",
        "error pages CNAME",
        "*.com A 192.0.2.7\npages CNAME a.com",
        "a.com A 192.0.2.7\npages CNAME a.com",
    ),
    Case(
        "target-lacks-dot",
        "error 7 PTR",
        "7 PTR host.example.com",
        "7 PTR host.example.com.",
        origin="2.0.192.in-addr.arpa",
    ),
    Case("target-excess-dot", "error lists MX", "lists MX 10 mail.", "lists MX 10 mail"),
    Case("target-excess-dot", "error pages CNAME", "pages CNAME www.", "pages CNAME site."),
]
