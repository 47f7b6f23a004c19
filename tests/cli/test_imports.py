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
    assert all(word in ran.err for word in ("excel", "master", "octodns", "tinydns", "cloudflare-json"))
