from tests.dns.lint.cases.case import Case

SHA256 = "1C256F913B230E300CD1BC4F4F339A174DAFE21A6D770A9574037E35DD5AF766"
SHA1 = "2201285F81BBD84AA166313B2835867708739376"
SUB = "sub NS ns1.dns.example.\n"
SOA = "@ {ttl} SOA ns1 hostmaster 2026010100 7200 900 {expire} {minimum}"
CASES = [
    Case("ns-missing", "error @ NS", "", "@ NS ns1\n@ NS ns2.dns.example.", without=("@ NS",)),
    Case("ns-missing", "error @ NS", SOA.format(ttl=3600, expire=1209600, minimum=60), "", without=("@ NS", "@ SOA")),
    Case("ns-single", "info @ NS", "@ NS ns1", "@ NS ns1\n@ NS ns2.dns.example.", without=("@ NS",)),
    Case("ns-without-glue", "error sub NS", "sub NS ns.sub", "sub NS ns.sub\nns.sub AAAA 2001:db8::53"),
    Case("ns-without-glue", "error sub NS", "sub NS sub", "sub NS sub\nsub A 192.0.2.54"),
    Case("ns-without-glue", "error sub NS", "sub NS ns.sub", "sub NS ns.other\nother NS ns1.dns.example."),
    Case("occluded", "warning www.sub A", SUB + "www.sub A 192.0.2.7", "sub NS ns.sub\nns.sub A 192.0.2.7"),
    Case("occluded", "warning sub TXT", SUB + 'sub TXT "x"', SUB + f"sub DS 57934 8 2 {SHA256}"),
    Case(
        "occluded", "warning sub A", SUB + "sub A 192.0.2.7", "sub NS ns.other\nother NS ns.other\nns.other A 192.0.2.7"
    ),
    Case("ds-at-apex", "error @ DS", f"@ DS 57934 8 2 {SHA256}", f"{SUB}sub DS 57934 8 2 {SHA256}"),
    Case("ds-without-ns", "warning sub DS", f"sub DS 57934 8 2 {SHA256}", f"{SUB}sub DS 57934 8 2 {SHA256}"),
    Case(
        "ds-weak", "warning sub DS", f"{SUB}sub DS 57934 8 1 {SHA1}", f"{SUB}sub DS 1 8 1 {SHA1}\nsub DS 1 8 2 {SHA256}"
    ),
    Case("ds-weak", "warning sub DS", f"{SUB}sub DS 57934 7 2 {SHA256}", f"{SUB}sub DS 57934 15 2 {SHA256}"),
    Case(
        "soa-timers",
        "warning @ SOA",
        SOA.format(ttl=3600, expire=7200, minimum=60),
        SOA.format(ttl=3600, expire=604800, minimum=60),
        without=("@ SOA",),
    ),
    Case(
        "soa-negative-ttl",
        "warning @ SOA",
        SOA.format(ttl=172800, expire=1209600, minimum=172800),
        SOA.format(ttl=3600, expire=1209600, minimum=172800),
        without=("@ SOA",),
    ),
    Case(
        "soa-timers",
        "warning @ SOA",
        SOA.replace(" 900 ", " 7201 ").format(ttl=3600, expire=604800, minimum=60),
        SOA.replace(" 900 ", " 7200 ").format(ttl=3600, expire=604800, minimum=60),
        without=("@ SOA",),
    ),
    Case(
        "soa-timers",
        "warning @ SOA",
        SOA.format(ttl=3600, expire=8100, minimum=60),
        SOA.format(ttl=3600, expire=8101, minimum=60),
        without=("@ SOA",),
    ),
    Case(
        "soa-name-lacks-dot",
        "warning @ SOA",
        "@ 3600 SOA ns1.shop.example hostmaster 2026010100 7200 900 1209600 60",
        "@ 3600 SOA ns1.shop.example. hostmaster 2026010100 7200 900 1209600 60",
        without=("@ SOA",),
    ),
    Case(
        "soa-mailbox",
        "warning @ SOA",
        "@ 3600 SOA ns1 hostmaster@shop.example. 2026010100 7200 900 1209600 60",
        "@ 3600 SOA ns1 first\\.last.shop.example. 2026010100 7200 900 1209600 60",
        without=("@ SOA",),
    ),
    Case("ns-cycle", "error a NS", "a NS ns.b\nb NS ns.a", "a NS ns.b\nb NS ns.a\nb NS ns1.dns.example."),
    Case(
        "ns-cycle",
        "error a NS",
        "a NS ns.b\nb NS ns.c\nc NS ns.a\nd NS ns.a",
        "a NS ns.b\nb NS ns.a\nns.a A 192.0.2.54",
    ),
]
