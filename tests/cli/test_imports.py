from pathlib import Path

import pytest

from tests.cli.conftest import CLEAN, Sophia, Write, spawn

ORIGIN = ("--origin", "shop.example")
CANONICAL = "@ 300 A 192.0.2.1\nwww 300 CNAME shop.example.\n"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("master", "$TTL 300\n@ A 192.0.2.1\nwww CNAME @\n"),
        (
            "octodns",
            "'':\n  type: A\n  ttl: 300\n  value: 192.0.2.1\nwww:\n  type: CNAME\n  ttl: 300\n  value: shop.example.\n",
        ),
        ("tinydns", "+shop.example:192.0.2.1:300\nCwww.shop.example:shop.example:300\n"),
        (
            "cloudflare-json",
            '{"result": [{"name": "shop.example", "type": "A", "content": "192.0.2.1", "ttl": 300, "proxied": false},'
            ' {"name": "www.shop.example", "type": "CNAME", "content": "shop.example", "ttl": 300, "proxied": false}]}',
        ),
    ],
)
def test_each_format_becomes_canonical_zone_text(sophia: Sophia, write: Write, source: str, text: str) -> None:
    ran = sophia("zone", "import", write("source", text), *ORIGIN, "--from", source)
    assert (ran.code, ran.out) == (0, CANONICAL)


def test_what_can_not_be_carried_over_is_named_on_stderr_only(sophia: Sophia, write: Write) -> None:
    text = "'':\n  type: A\n  ttl: 300\n  value: 192.0.2.1\nroot:\n  type: URLFWD\n  value: {path: /, target: x}\n"
    ran = sophia("zone", "import", write("shop.example.yaml", text), *ORIGIN, "--from", "octodns")
    assert "URLFWD" in ran.err
    assert "URLFWD" not in ran.out


def test_an_import_that_can_not_be_read_prints_nothing_and_exits_with_2(sophia: Sophia, write: Write) -> None:
    ran = sophia("zone", "import", write("shop.zone", CLEAN + "bad A 1.2.3\n"), *ORIGIN, "--from", "master")
    assert (ran.code, ran.out) == (2, "")
    assert "shop.zone:12" in ran.err


def test_a_master_file_brings_what_it_includes(sophia: Sophia, write: Write) -> None:
    write("hosts", "www 300 CNAME @\n")
    ran = sophia(
        "zone", "import", write("shop.zone", "@ 300 A 192.0.2.1\n$INCLUDE hosts\n"), *ORIGIN, "--from", "master"
    )
    assert (ran.code, ran.out) == (0, CANONICAL)


def test_standard_input_is_read_for_a_dash() -> None:
    ran = spawn("zone", "import", "-", *ORIGIN, "--from", "master", stdin=b"www 300 CNAME @\n@ 300 A 192.0.2.1\n")
    assert (ran.code, ran.out) == (0, CANONICAL)


def test_an_unknown_format_is_refused_with_the_known_ones(sophia: Sophia) -> None:
    ran = sophia("zone", "import", "x", *ORIGIN, "--from", "excel")
    assert ran.code == 2
    assert all(word in ran.err for word in ("excel", "master", "octodns", "tinydns", "cloudflare-json", "route53"))


FORMATS = [
    ("shop.example.yaml", "www: {type: CNAME, ttl: 300, value: shop.example.}\n", "octodns"),
    (
        "ir.json",
        '{"registrars": [], "dns_providers": [], "domains": [{"name": "shop.example", "records": []}]}',
        "dnscontrol",
    ),
    ("z.tsv", "shop.example\t@\t300\tIN\tA\t192.0.2.1\n", "dnscontrol"),
    ("tf", '{"version": 4, "terraform_version": "1.9.5", "resources": []}', "terraform"),
    ("tf", '{"format_version": "1.0", "values": {"root_module": {}}}', "terraform"),
    ("stack", '{"version": 3, "deployment": {"resources": []}}', "pulumi"),
    ("data", ".shop.example:192.0.2.1:a:300\n# a comment\n+www.shop.example:192.0.2.2:300\n", "tinydns"),
    ("cf.json", '{"result": [], "success": true}', "cloudflare-json"),
    ("cf.json", "[]", "cloudflare-json"),
    ("cf.txt", ";; Domain:  shop.example.\nshop.example.\t1\tIN\tA\t192.0.2.1\n", "cloudflare"),
    ("cf.txt", "shop.example.\t300\tIN\tA\t192.0.2.1 ; cf_tags=cf-proxied:true\n", "cloudflare"),
    ("r53", '{"ResourceRecordSets": []}', "route53"),
    ("db.shop", "$TTL 300\n@ IN A 192.0.2.1\n", "master"),
    ("db.shop", "@ 300 IN A 192.0.2.1 ; the office\nwww 300 IN AAAA 2001:db8::1\n", "master"),
]


@pytest.mark.parametrize(("name", "text", "found"), FORMATS)
def test_the_format_is_found_out_and_said(sophia: Sophia, write: Write, name: str, text: str, found: str) -> None:
    ran = sophia("zone", "import", write(name, text), *ORIGIN)
    assert ran.code == 0
    assert f"{name} is read as {found}; --from names another format" in ran.err


def test_a_folder_of_octodns_is_read(sophia: Sophia, write: Write, tmp_path: Path) -> None:
    write("shop.example.yaml", "www: {type: CNAME, ttl: 300, value: shop.example.}\n")
    ran = sophia("zone", "import", str(tmp_path))
    assert (ran.code, ran.out) == (0, "www 300 CNAME shop.example.\n")
    assert "the zone is shop.example" in ran.err
    write("other.example.yaml", "www: {type: A, ttl: 300, value: 192.0.2.1}\n")
    ran = sophia("zone", "import", str(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert "holds other.example, shop.example; pick one with --origin" in ran.err
    assert sophia("zone", "import", str(tmp_path), *ORIGIN).out == "www 300 CNAME shop.example.\n"


@pytest.mark.parametrize(
    ("name", "text", "source", "zone"),
    [
        ("db", "shop.example. 300 IN SOA a. b. 1 2 3 4 5\n", "master", "shop.example"),
        ("db", "$ORIGIN shop.example.\n@ 300 A 192.0.2.1\n", "master", "shop.example"),
        ("data", ".shop.example:192.0.2.1:a\n", "tinydns", "shop.example"),
        (
            "cf",
            '[{"name": "a.b", "type": "A", "content": "192.0.2.1", "ttl": 60, "zone_name": "b"}]',
            "cloudflare-json",
            "b",
        ),
    ],
)
def test_the_origin_may_be_left_out_where_the_file_names_it(
    sophia: Sophia, write: Write, name: str, text: str, source: str, zone: str
) -> None:
    ran = sophia("zone", "import", write(name, text), "--from", source)
    assert ran.code == 0
    assert ran.out.count("\n") > 0
    assert f"sophia: the zone is {zone}\n" in ran.err


def test_a_file_that_names_no_zone_needs_an_origin(sophia: Sophia, write: Write) -> None:
    ran = sophia("zone", "import", write("db", "www 300 A 192.0.2.1\n"))
    assert (ran.code, ran.out) == (2, "")
    assert "does not say of which zone it is; name it with --origin" in ran.err


def test_a_zone_that_is_not_in_the_file_is_an_error_with_those_that_are(sophia: Sophia, write: Write) -> None:
    entry = (
        '{"name": "www.other.example", "type": "A", "content": "192.0.2.1", "ttl": 60, "zone_name": "other.example"}'
    )
    ran = sophia("zone", "import", write("cf.json", f"[{entry}]"), *ORIGIN)
    assert (ran.code, ran.out) == (2, "")
    assert "holds nothing of shop.example, but other.example" in ran.err


def test_strict_exits_with_1_where_anything_stayed_behind(sophia: Sophia, write: Write) -> None:
    text = "www: {type: A, ttl: 300, value: 192.0.2.1}\n"
    whole = write("shop.example.yaml", text)
    part = write("part.shop.example.yaml", text + "x: {type: URLFWD, value: a.}\n")
    assert sophia("zone", "import", whole, *ORIGIN, "--strict").code == 0
    ran = sophia("zone", "import", part, *ORIGIN, "--strict")
    assert (ran.code, ran.out) == (1, "www 300 A 192.0.2.1\n")
    assert sophia("zone", "import", part, *ORIGIN).code == 0
