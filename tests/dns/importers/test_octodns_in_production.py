"""Zones in the shape of three of a public repository's 405: names, keys and addresses are made up.

Source of the shapes: `hostedzones` of ministryofjustice/dns on GitHub, whose zones octoDNS syncs as lenient ones.
"""

import pytest

from sophia_infra.dns.importers import Imported, import_zone

OFFICE = """\
---
'':
  - ttl: 300
    type: A
    value: 203.0.113.51
  - ttl: 300
    type: CAA
    values:
      - {flags: 0, tag: iodef, value: 'mailto:certificates@shop.example'}
      - flags: 0
        tag: issue
        value: ;
  - ttl: 300
    type: MX
    values:
      - exchange: mxa.mailer.example
        preference: 10
      - exchange: mxb.mailer.example
        preference: 10
  - ttl: 172800
    type: NS
    values:
      - ns-1252.dns.example.
      - ns-1799.dns.example.
  - ttl: 300
    type: TXT
    value: v=spf1 mx a ip4:192.0.2.133/32 ip4:192.0.2.134/32 -all
_asvdns-4fdf6b6c-ae95-44a4-b6f7-fbb59944a9b9:
  ttl: 300
  type: TXT
  value: asvdns_c4840f67-9812-46ca-915e-81437624185b
_dmarc:
  ttl: 300
  type: TXT
  value: v=DMARC1\\;p=none\\;sp=none\\;rua=mailto:reports@mailer.example
dzc:
  ttl: 300
  type: TXT
  value: NLxvJDD
vpn:
  ttl: 300
  type: A
  value: 203.0.113.20
"""
SITE = """\
---
'':
  - ttl: 172800
    type: NS
    values:
      - ns-1044.dns.example.
      - ns-127.dns.example.
  - ttl: 942942942
    type: Route53Provider/ALIAS
    value:
      evaluate-target-health: false
      hosted-zone-id: Z000000000000
      name: d1.cdn.example.
      type: A
_29cc47051e8df04cc01534dd335b1be1.development:
  ttl: 300
  type: CNAME
  value: _4ed0f9301a236d05286f58057a013a55.jkddzztszn.validations.example.
_dmarc:
  ttl: 300
  type: TXT
  value: v=DMARC1\\; p=reject\\; sp=reject\\; rua=mailto:reports@mailer.example\\;
www:
  ttl: 300
  type: CNAME
  value: shop.example
"""
MAIL = """\
---
'':
  - ttl: 300
    type: MX
    value:
      exchange: shop-example.mail.mailer.example
      preference: 0
  - type: TXT
    values:
      - MS=ms46824932
      - v=spf1 include:_spf.mailer.example ip4:192.0.2.8/32 -all
_dmarc:
  ttl: 300
  type: CNAME
  value: _dmarc_policy.office.example
_sipfederationtls._tcp:
  ttl: 3600
  type: SRV
  values:
    port: 5061
    priority: 100
    target: sip.mailer.example
    weight: 1
autodiscover:
  type: CNAME
  value: autodiscover.mailer.example
fp01._domainkey:
  ttl: 300
  type: TXT
  value: v=DKIM1\\;p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB
selector1._domainkey:
  type: CNAME
  value: selector1-shop-example._domainkey.tenant.mailer.example
"""


def imported(text: str) -> Imported:
    found = import_zone(text, "shop.example", "octodns", file="z.yaml")
    assert found.problems == ()
    return found


def test_an_office_zone_keeps_every_record() -> None:
    found = imported(OFFICE)
    assert [str(record) for record in found.records] == [
        "@ 300 A 203.0.113.51",
        '@ 300 CAA 0 iodef "mailto:certificates@shop.example"',
        '@ 300 CAA 0 issue ";"',
        "@ 300 MX 10 mxa.mailer.example.",
        "@ 300 MX 10 mxb.mailer.example.",
        "@ 172800 NS ns-1252.dns.example.",
        "@ 172800 NS ns-1799.dns.example.",
        '@ 300 TXT "v=spf1 mx a ip4:192.0.2.133/32 ip4:192.0.2.134/32 -all"',
        '_asvdns-4fdf6b6c-ae95-44a4-b6f7-fbb59944a9b9 300 TXT "asvdns_c4840f67-9812-46ca-915e-81437624185b"',
        '_dmarc 300 TXT "v=DMARC1;p=none;sp=none;rua=mailto:reports@mailer.example"',
        'dzc 300 TXT "NLxvJDD"',
        "vpn 300 A 203.0.113.20",
    ]


def test_a_site_behind_an_alias_of_route_53_has_an_alias() -> None:
    found = imported(SITE)
    assert [record.subject for record in found.records] == [
        "@ NS",
        "@ NS",
        "_29cc47051e8df04cc01534dd335b1be1.development CNAME",
        "_dmarc TXT",
        "www CNAME",
        "@ ALIAS",
    ]
    assert [note for note in found.notes if "shop.example. A is an alias of d1.cdn.example." in note]
    assert found.records[-2].rdata == "shop.example."


def test_a_mail_zone_without_dots_and_ttls_is_read() -> None:
    found = imported(MAIL)
    assert {record.subject: record.rdata for record in found.records if record.type not in {"TXT", "NS"}} == {
        "@ MX": "0 shop-example.mail.mailer.example.",
        "_dmarc CNAME": "_dmarc_policy.office.example.",
        "_sipfederationtls._tcp SRV": "100 1 5061 sip.mailer.example.",
        "autodiscover CNAME": "autodiscover.mailer.example.",
        "selector1._domainkey CNAME": "selector1-shop-example._domainkey.tenant.mailer.example.",
    }
    assert {record.ttl for record in found.records if record.owner == "autodiscover"} == {3600}


@pytest.mark.parametrize(("text", "notes"), [(OFFICE, 1), (SITE, 2), (MAIL, 1)])
def test_names_without_a_dot_are_noted_once_a_zone(text: str, notes: int) -> None:
    found = imported(text)
    assert len(found.notes) == notes
    assert len([note for note in found.notes if "in full" in note]) == 1
