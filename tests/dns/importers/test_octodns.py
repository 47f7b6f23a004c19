from pathlib import Path

import pytest
from octodns.provider.yaml import YamlProvider
from octodns.zone import Zone

from sophia_infra.dns.importers import Imported, import_zone
from sophia_infra.dns.rr.record import to_text
from tests.support.silence import silenced
from tests.support.zone_text import canonical

ZONE = r"""
---
'':
  - type: MX
    values:
      - {preference: 10, exchange: mx1.shop.example.}
      - {priority: 20, value: mx2.other.example.}
  - {type: NS, ttl: 300, values: [ns1.other.example., ns2.other.example.]}
  - type: CAA
    values: [{flags: 0, tag: issue, value: ca.example}, {tag: iodef, value: "mailto:a@shop.example"}]
  - type: TXT
    values: ['v=DKIM1\; p="abc"\; t=s', plain, 'LONG']
  - {type: SSHFP, value: {algorithm: 4, fingerprint_type: 2, fingerprint: 'HEX'}}
'*': {type: CNAME, ttl: 60, value: www.shop.example.}
_imap._tcp: {type: SRV, value: {priority: 0, weight: 0, port: 0, target: .}}
_443._tcp:
  type: TLSA
  value: {certificate_usage: 3, selector: 1, matching_type: 1, certificate_association_data: HEX}
ds: {type: DS, value: {key_tag: 60485, algorithm: 5, digest_type: 2, digest: HEX}}
eu: {type: DNAME, value: other.example.}
l:
  type: LOC
  value:
    {lat_degrees: 31, lat_minutes: 58, lat_seconds: 52.1, lat_direction: S, long_degrees: 115, long_minutes: 49,
     long_seconds: 11.7, long_direction: E, altitude: 20, size: 10, precision_horz: 10, precision_vert: 2}
naptr:
  type: NAPTR
  value: {order: 10, preference: 100, flags: S, service: SIP+D2U, regexp: '!^(.*)$!sip:x@shop.example!', replacement: .}
ptr: {type: PTR, values: [a.other.example.]}
svc:
  type: HTTPS
  value: {svcpriority: 1, targetname: ., svcparams: {alpn: [h2, h3], port: 443, ipv4hint: [192.0.2.1]}}
v6: {type: AAAA, values: ['2001:DB8::1', '2001:db8::2']}
www: {type: A, values: [192.0.2.1, 192.0.2.2]}
www.sub: {type: A, value: 192.0.2.3}
""".replace("HEX", "ab" * 32).replace("LONG", "x" * 600)


def imported(text: str) -> Imported:
    return import_zone(text, "shop.example", "octodns", file="shop.example.yaml")


def test_a_zone_is_what_octodns_makes_of_it(tmp_path: Path) -> None:
    (tmp_path / "shop.example.yaml").write_text(ZONE)
    zone = Zone("shop.example.", [])
    with silenced():
        YamlProvider("test", str(tmp_path), enforce_order=False, escaped_semicolons=True).populate(zone, lenient=True)
    theirs = [
        f"{record.fqdn} {record.ttl} {record._type} "
        f"{value.to_rdata_text() if hasattr(value, 'to_rdata_text') else value}"
        for record in zone.records
        for value in getattr(record, "values", None) or [record.value]
    ]
    ours = imported(ZONE)
    assert ours.problems == ()
    assert ours.notes == ()
    assert to_text(ours.records) == canonical("\n".join(theirs), "shop.example")


def test_what_records_cannot_say_is_noted_with_its_line() -> None:
    text = """
'':
  - {type: ALIAS, value: lb.other.example.}
  - {type: URLFWD, value: {path: /}}
  - {type: CloudflareProvider/ALIAS, values: []}
www:
  type: A
  value: 192.0.2.1
  geo: {NA: [192.0.2.9]}
  dynamic: {pools: {}, rules: []}
  owner: web team
  octodns:
    cloudflare: {proxied: true}
    excluded: [r53]
    lenient: true
gone: {type: A, value: 192.0.2.1, octodns: {ignored: true}}
"""
    found = imported(text)
    assert found.problems == ()
    assert [str(record) for record in found.records] == ["@ 3600 ALIAS lb.other.example.", "www 3600 A 192.0.2.1"]
    noted = [(int(note.split(":")[1]), note.split(": ", 1)[1]) for note in found.notes]
    assert noted == [
        (4, "@ URLFWD is no record type of the DNS and is not carried over: {'path': '/'}"),
        (5, "@ CloudflareProvider/ALIAS is no record type of the DNS and is not carried over: []"),
        (7, "www A: the field owner is not carried over"),
        (7, "www A: geo answers are not carried over, only the record's own values"),
        (7, "www A: dynamic answers are not carried over, only the record's own values"),
        (7, "www A: octodns.cloudflare.proxied=True is not carried over"),
        (7, "www A: octodns.excluded=['r53'] is not carried over"),
        (7, "www A: octodns.lenient=True is not carried over"),
        (16, "gone A is ignored by octoDNS and is not carried over"),
    ]


@pytest.mark.parametrize("name", ["no", "on", "12", "1.10", "null", "0x1f"])
def test_names_that_yaml_takes_for_something_else_stay_names(name: str) -> None:
    (record,) = imported(f"{name}: {{type: A, value: 192.0.2.1}}").records
    assert record.owner == name


def test_a_semicolon_is_one_escaped_or_not_and_quoted_strings_are_joined() -> None:
    text = """t: {type: TXT, values: ['a\\;b', 'c;d', '"e" "f"', 'g"h']}"""
    assert [record.rdata for record in imported(text).records] == ['"a;b"', '"c;d"', '"ef"', '"g\\"h"']


def test_the_old_names_of_ds_fields_are_understood() -> None:
    old = "d: {type: DS, value: {flags: 1, protocol: 8, algorithm: 2, public_key: %s}}" % ("ab" * 32)
    assert imported(old).records[0].rdata == f"1 8 2 {'ab' * 32}"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("www: {type: A, value: 192.0.2.300}", "address-invalid", 1),
        ("\nwww: {type: A}", "field-missing", 2),
        ("www: {value: 192.0.2.1}", "field-missing", 1),
        ("www: 192.0.2.1", "field-missing", 1),
        ("www: {type: FOO, value: x}", "type-unknown", 1),
        ("www: {type: CNAME, value: '@'}", "name-ambiguous", 1),
        ("www: {type: MX, value: {preference: 10, exchange: '@'}}", "name-ambiguous", 1),
        ("www: {type: MX, value: {preference: 10}}", "field-missing", 1),
        ("www: {type: MX, value: {preference: '10 evil', exchange: a.}}", "field-invalid", 1),
        ('www: {type: A, value: "192.0.2.1\\nevil A 192.0.2.2"}', "record-syntax", 1),
        ("www: {type: A, ttl: soon, value: 192.0.2.1}", "ttl-invalid", 1),
        ("www: {type: TXT, value: yes}", "field-invalid", 1),
        ("www: {type: TXT, value: 2024-01-01}", "field-invalid", 1),
        ("www: [{type: CNAME, value: a.}, {type: A, value: 192.0.2.1}]", "cname-and-other-data", 1),
        ("www: {type: A, value: [}", "field-invalid", 1),
        ("- a\n- b", "field-invalid", 1),
        ("www: {type: A, value: !!python/object:os.system x}", "field-invalid", 1),
        ("www: {type: TXT, value: 2024-99-99}", "field-invalid", 0),
        ("a: " + "[" * 1500, "field-invalid", 0),
    ],
)
def test_what_is_wrong_is_a_problem_with_its_line(text: str, code: str, line: int) -> None:
    found = imported(text)
    assert [(problem.code, problem.line) for problem in found.problems] == [(code, line)]


def test_no_text_is_an_empty_zone() -> None:
    assert imported("---\n") == Imported([])


def test_a_file_that_swells_when_it_is_spelled_out_is_read_at_once() -> None:
    levels = "".join(f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    mappings = "".join(f"  m{n}: &m{n} {{a: *m{n - 1}, b: *m{n - 1}}}\n" for n in range(1, 40))
    bomb = f"z:\n  l0: &l0 [x]\n{levels}  m0: &m0 {{c: d}}\n{mappings}  type: A\n  WHERE\n"
    for where in ("values: *l29", "value: *m39", "octodns: *m39\n  value: x", "geo: *l29\n  ttl: *m39\n  value: x"):
        found = imported(bomb.replace("WHERE", where))
        assert found.records == []
        assert len(found.notes) < 300
        assert all(len(note) < 300 for note in found.notes)
        assert found.problems


def test_values_without_a_dot_at_the_end_are_full_names_and_noted_once() -> None:
    """As lenient records of a public repository of 405 zones have them; octoDNS hands them on as they are."""
    text = """\
'':
  - {type: MX, octodns: {lenient: true}, values: [{preference: 10, exchange: mx.mailer.example}]}
  - {type: NS, values: [ns1.dns.example, ns2.dns.example.]}
_sip._tcp: {type: SRV, value: {priority: 1, weight: 2, port: 5060, target: sip.mailer.example}}
_x: {type: HTTPS, value: {svcpriority: 1, targetname: .}}
www: {type: CNAME, value: shop.example}
short: {type: CNAME, value: www}
"""
    found = import_zone(text, "shop.example", "octodns", file="z.yaml")
    assert found.problems == ()
    assert [f"{record.subject} {record.rdata}" for record in found.records] == [
        "@ MX 10 mx.mailer.example.",
        "@ NS ns1.dns.example.",
        "@ NS ns2.dns.example.",
        "_sip._tcp SRV 1 2 5060 sip.mailer.example.",
        "_x HTTPS 1 .",
        "www CNAME shop.example.",
        "short CNAME www.",
    ]
    assert [note for note in found.notes if "lenient" not in note] == [
        "z.yaml:2: mx.mailer.example and 4 more without a dot at the end are taken in full, "
        "since octoDNS knows no short names"
    ]


@pytest.mark.parametrize("written", ["0123456", "0x1F", "1_000", "12:30:00", "0b11", "+1", "1_0.5", ".5"])
@pytest.mark.parametrize("entry", ["{type: TXT, value: %s}", "{type: A, ttl: %s, value: 192.0.2.1}"])
def test_a_number_that_yaml_reads_as_another_text_is_refused_by_name(entry: str, written: str) -> None:
    found = import_zone(f"a: {entry % written}\n", "shop.example", "octodns")
    assert found.records == []
    assert [(problem.code, problem.line) for problem in found.problems] in (
        [("field-invalid", 1)],
        [("ttl-invalid", 1)],
    )
    assert written in found.problems[0].message


@pytest.mark.parametrize("written", ["12345678", "1.10", "-5", "2.0"])
def test_a_number_that_yaml_reads_as_it_is_written_is_that_text(written: str) -> None:
    found = import_zone(f"a: {{type: TXT, value: {written}}}\n", "shop.example", "octodns")
    assert [record.rdata for record in found.records] == [f'"{written}"']
