from tests.dns.lint.cases.case import Case

SHA256, SHA512 = "ab" * 32, "ab" * 64
CASES = [
    Case("srv-owner", "warning sip SRV", "sip SRV 0 0 5060 mail", "_sip._tcp SRV 0 0 5060 mail"),
    Case("srv-owner", "warning _sip.tcp SRV", "_sip.tcp SRV 0 0 5060 mail", "x SRV 0 0 5060 mail\n_sip._tcp CNAME x"),
    Case("svcb-target-missing", "error @ HTTPS", "@ HTTPS 1 cdn alpn=h2", "@ HTTPS 1 . alpn=h2"),
    Case(
        "svcb-target-missing", "error _dns SVCB", '_dns SVCB 1 cdn alpn=dot\ncdn TXT "x"', "_dns SVCB 1 mail alpn=dot"
    ),
    Case("svcb-target-missing", "error @ HTTPS", "@ HTTPS 0 cdn", "@ HTTPS 0 cdn\ncdn HTTPS 1 www alpn=h2"),
    Case("svcb-alias-loop", "error @ HTTPS", "@ HTTPS 0 @", "@ HTTPS 1 @ alpn=h2"),
    Case(
        "tlsa-invalid",
        "error _25._tcp.mail TLSA",
        f"_25._tcp.mail TLSA 4 1 1 {SHA256}",
        f"_25._tcp.mail TLSA 3 1 1 {SHA256}",
    ),
    Case(
        "tlsa-invalid",
        "error _25._tcp.mail TLSA",
        f"_25._tcp.mail TLSA 3 2 1 {SHA256}",
        "_25._tcp.mail TLSA 3 0 0 3082",
    ),
    Case("tlsa-owner", "warning mail TLSA", f"mail TLSA 3 1 1 {SHA256}", f"_25._tcp.mail TLSA 3 1 1 {SHA256}"),
    Case(
        "tlsa-owner",
        "warning 25._tcp.mail TLSA",
        f"25._tcp.mail TLSA 3 1 1 {SHA256}",
        f"*._tcp.mail TLSA 3 1 1 {SHA256}",
    ),
    Case(
        "tlsa-owner",
        "warning _25.tcp.mail TLSA",
        f"_25.tcp.mail TLSA 3 1 1 {SHA256}",
        f"_dane TLSA 2 1 1 {SHA256}\n_25._tcp.mail CNAME _dane",
    ),
    Case("sshfp-invalid", "warning mail SSHFP", f"mail SSHFP 5 2 {SHA256}", f"mail SSHFP 6 2 {SHA256}"),
    Case("sshfp-invalid", "warning mail SSHFP", f"mail SSHFP 4 3 {SHA256}", f"mail SSHFP 1 1 {SHA256[:40]}"),
    Case(
        "naptr-invalid",
        "error @ NAPTR",
        '@ NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:x@shop.example!" www',
        '@ NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:x@shop.example!" .',
    ),
    Case(
        "naptr-invalid",
        "error @ NAPTR",
        '@ NAPTR 10 10 "s" "SIP+D2U" "" .',
        '@ NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp\n_sip._udp SRV 0 0 1 mail',
    ),
    Case(
        "tlsa-owner",
        "warning 443 TLSA",
        f"443 TLSA 3 1 1 {SHA256}",
        f"443 TLSA 3 1 1 {SHA256}\n_443._tcp.www.x CNAME 443",
    ),
    Case("srv-owner", "warning _tcp._sip SRV", "_tcp._sip SRV 0 0 5060 mail", "_sip._tcp.a SRV 0 0 5060 mail"),
    Case("srv-port-zero", "warning _sip._tcp SRV", "_sip._tcp SRV 0 0 0 mail", "_sip._tcp SRV 0 0 0 ."),
    Case(
        "srv-null-with-others",
        "error _sip._tcp SRV",
        "_sip._tcp SRV 0 0 0 .\n_sip._tcp SRV 0 0 5060 mail",
        "_sip._tcp SRV 0 0 5061 ns1\n_sip._tcp SRV 0 0 5060 mail",
    ),
    Case(
        "tlsa-usage-mail",
        "warning _25._tcp.mail TLSA",
        f"_25._tcp.mail TLSA 1 1 1 {SHA256}",
        f"_25._tcp.mail TLSA 2 0 1 {SHA256}\n_443._tcp.mail TLSA 1 1 1 {SHA256}",
    ),
    Case(
        "tlsa-host-missing",
        "warning _25._tcp.mx TLSA",
        f"_25._tcp.mx TLSA 3 1 1 {SHA256}",
        f"_25._tcp.mx TLSA 3 1 1 {SHA256}\nmx CNAME mail.dns.example.\n_443._tcp TLSA 3 1 1 {SHA256}",
    ),
    Case(
        "svcb-mode-mixed", "warning @ HTTPS", "@ HTTPS 0 www\n@ HTTPS 1 . alpn=h2", "@ HTTPS 1 . alpn=h2\n@ HTTPS 2 www"
    ),
    Case(
        "svcb-hint-differs",
        "warning @ HTTPS",
        "@ HTTPS 1 . ipv4hint=192.0.2.10,192.0.2.11",
        "@ HTTPS 1 . ipv4hint=192.0.2.10 ipv6hint=2001:db8::10",
    ),
    Case(
        "svcb-hint-differs",
        "warning cdn HTTPS",
        "cdn HTTPS 1 mail ipv4hint=192.0.2.10",
        "cdn HTTPS 1 mail ipv4hint=192.0.2.25\ncdn2 HTTPS 1 mx.dns.example. ipv4hint=192.0.2.10",
    ),
    Case(
        "naptr-target-missing",
        "error @ NAPTR",
        '@ NAPTR 10 10 "s" "SIP+D2T" "" _sip._tcp',
        '@ NAPTR 10 10 "s" "SIP+D2T" "" _sip._tcp\n_sip._tcp SRV 0 0 5060 mail',
    ),
    Case(
        "naptr-target-missing",
        "error a NAPTR",
        'a NAPTR 10 10 "a" "X" "" gone',
        'a NAPTR 10 10 "a" "X" "" x.sub\nsub NS ns1.dns.example.\nb NAPTR 10 10 "a" "X" "" x.dns.example.',
    ),
]
