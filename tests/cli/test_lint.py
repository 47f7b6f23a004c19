import io

import pytest

from tests.cli.conftest import CLEAN, Sophia, Write, spawn


def test_a_clean_zone_has_no_error_and_no_warning(sophia: Sophia, write: Write) -> None:
    ran = sophia("zone", "lint", write("shop.zone", CLEAN), "--origin", "shop.example", "--json")
    assert ran.code == 0
    levels = {one["level"] for one in ran.json("zone-lint")["findings"]}
    assert levels <= {"info"}
    assert ran.err == ""


def test_an_error_is_told_with_its_fix_and_exits_with_1(sophia: Sophia, write: Write) -> None:
    zone = write("shop.zone", CLEAN + "alias CNAME mail\n@ MX 20 alias\n")
    ran = sophia("zone", "lint", zone, "--origin", "shop.example")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0].startswith("error mx-target-is-cname @ MX: ")
    assert lines[1].startswith("  -> ")
    assert lines[-1].startswith("shop.example: 1 error")


def test_edits_are_shown_with_the_lines_that_go_and_come(sophia: Sophia, write: Write) -> None:
    zone = write("shop.zone", CLEAN + "alias CNAME mail\n@ MX 5 alias\n")
    ran = sophia("zone", "lint", zone, "--origin", "shop.example", "--edits")
    assert "  proposed replace @ MX: " in ran.out
    assert " MX 5 alias.shop.example.\n" in ran.out
    assert " MX 5 mail.shop.example.\n" in ran.out
    found = sophia("zone", "lint", zone, "--origin", "shop.example", "--edits", "--json").json("zone-lint")
    assert [one["op"] for one in found["edits"]] == ["replace"]
    assert "edits" not in sophia("zone", "lint", zone, "--origin", "shop.example", "--json").json("zone-lint")


def test_warnings_alone_exit_with_0(sophia: Sophia, write: Write) -> None:
    zone = write("shop.zone", CLEAN.replace('_dmarc TXT "v=DMARC1; p=reject"\n', ""))
    ran = sophia("zone", "lint", zone, "--origin", "shop.example", "--json")
    assert ran.code == 0
    assert {one["level"] for one in ran.json("zone-lint")["findings"]} - {"error"}


@pytest.mark.parametrize(
    ("lines", "code", "subject"),
    [
        ("www A 192.0.2.9\n", "cname-and-other-data", "www CNAME"),
        (f"{'x' * 64} A 192.0.2.9\n", "label-too-long", ""),
        ("api A 192.0.2.999\n", "address-invalid", "api A"),
        ("www.other.test. A 192.0.2.9\n", "out-of-zone", ""),
    ],
)
def test_what_a_name_server_refuses_is_a_finding_beside_the_rest(
    sophia: Sophia, write: Write, lines: str, code: str, subject: str
) -> None:
    zone = write("shop.zone", CLEAN + lines + "alias CNAME mail\n@ MX 20 alias\n")
    ran = sophia("zone", "lint", zone, "--origin", "shop.example", "--json")
    assert ran.code == 1
    findings = {one["code"]: one for one in ran.json("zone-lint")["findings"]}
    assert findings[code]["level"] == "error"
    assert "shop.zone:12" in findings[code]["subject"] + findings[code]["message"] or subject
    assert "mx-target-is-cname" in findings


def test_findings_come_worst_first(sophia: Sophia, write: Write) -> None:
    zone = write("shop.zone", "@ 60 A 192.0.2.1\n@ MX 10 gone\nbad A 1.2.3\n")
    findings = sophia("zone", "lint", zone, "--origin", "shop.example", "--json").json("zone-lint")["findings"]
    order = [["error", "warning", "info"].index(one["level"]) for one in findings]
    assert order == sorted(order)
    assert len(order) > 2


@pytest.mark.parametrize(
    ("content", "code"), [(b'@ TXT "caf\xe9"\n', "not-text"), (b'@ TXT ( "never closed"\n', "parenthesis-unbalanced")]
)
@pytest.mark.parametrize("stdin", [True, False])
def test_an_unreadable_zone_exits_with_2_and_says_why_on_both_streams(
    write: Write, content: bytes, code: str, stdin: bool
) -> None:
    zone = write("shop.zone", "")
    with open(zone, "wb") as file:
        file.write(content)
    ran = spawn("zone", "lint", "-" if stdin else zone, "--origin", "shop.example", "--json", stdin=content)
    assert ran.code == 2
    error = ran.json("error")["error"]
    assert code in {problem["code"] for problem in error["problems"]}
    name = "<stdin>" if stdin else "shop.zone"
    assert name in error["message"]
    assert name in ran.err
    assert "Traceback" not in ran.err


def test_a_missing_file_exits_with_2_and_names_it(sophia: Sophia) -> None:
    ran = sophia("zone", "lint", "nowhere.zone", "--origin", "shop.example")
    assert (ran.code, ran.out) == (2, "")
    assert "nowhere.zone" in ran.err


def test_an_origin_that_is_no_name_exits_with_2(sophia: Sophia, write: Write) -> None:
    ran = sophia("zone", "lint", write("shop.zone", CLEAN), "--origin", "shop..example", "--json")
    assert ran.code == 2
    assert [problem["code"] for problem in ran.json("error")["error"]["problems"]] == ["origin-invalid"]


@pytest.mark.parametrize("stdin", [True, False])
def test_a_zone_beyond_the_size_limit_is_refused_unread(
    write: Write, sophia: Sophia, monkeypatch: pytest.MonkeyPatch, stdin: bool
) -> None:
    monkeypatch.setattr("sophia_infra.cli.sources.ZONE_FILE_LIMIT", 100)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CLEAN.encode())))
    if stdin:
        ran = sophia("zone", "lint", "-", "--origin", "shop.example", "--json")
    else:
        ran = sophia("zone", "import", write("x", CLEAN), "--origin", "shop.example", "--from", "octodns")
    assert ran.code == 2
    assert "holds more than 100 octets" in ran.err


def test_standard_input_is_read_for_a_dash() -> None:
    ran = spawn("zone", "lint", "-", "--origin", "shop.example", "--json", stdin=CLEAN.encode())
    assert ran.code == 0
    ran.json("zone-lint")


def test_a_hostile_file_can_not_move_the_terminal(sophia: Sophia, write: Write) -> None:
    zone = write("shop.zone", CLEAN + "x\x1b[2J A 192.0.2.1\n@ TYPO\x1b[31m x\n")
    ran = sophia("zone", "lint", zone, "--origin", "shop.example")
    assert "\x1b" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("anything", "$ORIGIN shop.example.\n@ 300 A 192.0.2.1\n"),
        ("db.shop.example", "@ 300 A 192.0.2.1\n"),
        ("shop.example.zone", "@ 300 A 192.0.2.1\n"),
    ],
)
def test_a_file_that_names_its_zone_is_linted_without_more_words(
    sophia: Sophia, write: Write, file: str, text: str
) -> None:
    ran = sophia("lint", write(file, text))
    assert (ran.code, ran.out) == (0, "shop.example: no findings\n")
    assert sophia("zone", "lint", write(file, text)).out == ran.out


@pytest.mark.parametrize(("file", "told"), [("zone", "name it with --origin"), ("-", "--origin NAME")])
def test_a_file_that_does_not_name_its_zone_asks_for_the_name(
    sophia: Sophia, write: Write, file: str, told: str
) -> None:
    ran = sophia("lint", file if file == "-" else write(file, "@ 300 A 192.0.2.1\n"))
    assert ran.code == 2
    assert told in ran.err
