import pytest

from tests.cli.conftest import CLEAN, Sophia, Write

MAIL = '@ NS ns1.dns-host.test.\n_spf TXT "v=spf1 ip4:198.51.100.0/24 ~all"\n'


@pytest.mark.parametrize(
    ("ip", "result", "code"), [("192.0.2.25", "pass", 0), ("192.0.2.26", "fail", 1), ("2001:db8::25", "fail", 1)]
)
def test_what_spf_says_of_an_address_is_told_with_its_cost(
    sophia: Sophia, write: Write, ip: str, result: str, code: int
) -> None:
    zone = write("shop.zone", CLEAN)
    ran = sophia("zone", "spf", zone, "--origin", "shop.example", "--ip", ip, "--json")
    told = ran.json("zone-spf")
    assert (ran.code, told["result"], told["lookups"]) == (code, result, 1)
    assert sophia("zone", "spf", zone, "--origin", "shop.example", "--ip", ip).out.startswith(
        f"{result}: shop.example: "
    )


def test_a_name_in_no_zone_at_hand_is_no_answer_until_its_zone_is_given(sophia: Sophia, write: Write) -> None:
    zone = write("shop.zone", CLEAN.replace("spf1 mx", "spf1 include:_spf.mail.test"))
    asked = ["zone", "spf", zone, "--origin", "shop.example", "--ip", "198.51.100.7", "--json"]
    assert sophia(*asked).json("zone-spf")["result"] == "temperror"
    given = sophia(*asked, "--with", write("mail.zone", f"$TTL 60\n{MAIL}"), "mail.test")
    assert given.json("zone-spf")["result"] == "pass"


def test_the_lint_follows_spf_into_a_zone_beside(sophia: Sophia, write: Write) -> None:
    zone = write("shop.zone", CLEAN.replace("spf1 mx", "spf1 include:_gone.mail.test"))
    asked = ["zone", "lint", zone, "--origin", "shop.example", "--json"]
    assert sophia(*asked).code == 0
    given = sophia(*asked, "--with", write("mail.zone", f"$TTL 60\n{MAIL}"), "mail.test")
    assert [one["code"] for one in given.json("zone-lint")["findings"]] == ["spf-include-missing"]


def test_a_zone_beside_that_no_server_would_load_is_refused(sophia: Sophia, write: Write) -> None:
    beside = write("bad.zone", "www A 1.2.3\n")
    ran = sophia("zone", "lint", write("shop.zone", CLEAN), "--origin", "shop.example", "--with", beside, "mail.test")
    assert ran.code == 2
    assert "bad.zone" in ran.err
