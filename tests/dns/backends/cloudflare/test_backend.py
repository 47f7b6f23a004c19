"""Cloudflare as a backend: what it reads, holds, writes and leaves alone."""

import pytest

from sophia_infra.dns.backends import BaseMovedError
from sophia_infra.dns.backends.cloudflare.backend import Cloudflare
from tests.dns.backends.cloudflare.conftest import planned, replacing
from tests.support.cloudflare_server import CloudflareServer
from tests.support.zone_text import canonical

SOA = "@ 3600 SOA ns1.dns.example. dns.cloudflare.com. 0 10000 2400 604800 1800\n"
NS = "@ 86400 NS ns1.dns.example.\n@ 86400 NS ns2.dns.example.\n"


def test_a_zone_reads_as_the_world_sees_it(zone: Cloudflare) -> None:
    expected = f'{SOA}@ 300 A 192.0.2.1\n{NS}@ 3600 TXT "v=spf1 -all"\nwww 300 A 192.0.2.2\n'
    assert zone.read().text == expected, "TTL 1 is automatic: 300 seconds"


def test_what_is_written_reads_back(zone: Cloudflare, server: CloudflareServer) -> None:
    _, decide = planned(
        zone,
        replacing("www 300 A 192.0.2.2\n", "mail 3600 A 192.0.2.3\nwww 300 A 192.0.2.9\n"),
        replacing('@ 3600 TXT "v=spf1 -all"\n', ""),
    )
    live = zone.apply(decide)
    assert zone.read() == live
    assert "www 300 A 192.0.2.9\n" in live.text
    assert "TXT" not in live.text
    assert server.count("POST .*/batch") == 1


def test_a_changed_value_keeps_the_object_with_its_comment_tags_and_automatic_ttl(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    (before,) = server.named("www.shop.example")
    zone.apply(planned(zone, replacing("www 300 A 192.0.2.2", "www 300 A 192.0.2.9"))[1])
    (after,) = server.named("www.shop.example")
    assert after == {**before, "content": "192.0.2.9"}


def test_applying_what_is_there_sends_nothing(zone: Cloudflare, server: CloudflareServer) -> None:
    live = zone.apply(planned(zone)[1])
    assert live == zone.read()
    assert server.count("POST") == 0


def test_a_moved_base_is_refused_and_nothing_written(zone: Cloudflare, server: CloudflareServer) -> None:
    _, decide = planned(zone, replacing("192.0.2.2", "192.0.2.9"))
    server.add("A", "new.shop.example", content="192.0.2.7")
    before = dict(server.objects)
    with pytest.raises(BaseMovedError):
        zone.apply(decide)
    assert server.objects == before


EVERY_TYPE = r"""
$TTL 3600
a         A       192.0.2.1
aaaa      AAAA    2001:db8::1
caa       CAA     0 issue "letsencrypt.org; validationmethods=dns-01"
caa       CAA     128 iodef "mailto:\"x\"@shop.example"
cert      CERT    PGP 0 0 AQIDBA==
cname     CNAME   elsewhere.example.net.
sub       NS      ns1.other.example.
sub       DS      12345 13 2 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20
dnskey    DNSKEY  257 3 13 AQIDBA==
https     HTTPS   1 . alpn="h2,h3" ipv4hint=192.0.2.1
loc       LOC     52 22 23.000 N 4 53 32.000 E -2.00m 1m 10000m 10m
loc2      LOC     52 22 23.5 S 4 53 32.000 W 3.25m 2m 20m 8.04m
mx        MX      10 mail.shop.example.
mx        MX      0 .
naptr     NAPTR   100 10 "u" "E2U+sip" "!^.*$!sip:info\\@shop.example!" .
key       OPENPGPKEY AQIDBA==
ptr       PTR     host.shop.example.
smimea    SMIMEA  3 1 1 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20
_sip._tcp SRV     10 60 5060 sip.shop.example.
_no._tcp  SRV     0 0 0 .
ssh       SSHFP   4 2 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20
svcb      SVCB    0 svc.shop.example.
_443._tcp TLSA    3 1 1 1234567890120304050607080900102030405060708090a0b0c0d0e0f1011121
text      TXT     "with \"quotes\", a \\ backslash; and \195\164 and\009tab" "two"
_x        URI     10 1 "https://shop.example/?a=\"b\""
*.wild    A       192.0.2.1
xn--mnchen-3ya A  192.0.2.1
"""


def test_every_type_that_cloudflare_has_is_written_and_reads_back(zone: Cloudflare, server: CloudflareServer) -> None:
    wanted = canonical(EVERY_TYPE, "shop.example")
    live = zone.read()
    desired = zone.normalize(SOA + NS + wanted, live)
    applied = zone.apply(lambda _: desired)
    assert zone.read() == applied
    assert sorted(applied.text.splitlines()) == sorted((SOA + NS + wanted).splitlines())
    assert {one["type"] for one in server.objects.values()} == {line.split(" ")[2] for line in wanted.splitlines()}
    again = zone.apply(lambda _: desired)
    assert again == applied
    assert server.count("POST .*/batch") == 1
    assert server.count("POST .*/dns_records$") == wanted.count(" CAA ") == 2
