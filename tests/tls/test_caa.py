import pytest

from sophia_infra.tls import caa

ZONE = "shop.org"


@pytest.mark.parametrize(
    ("name", "lines", "allowed"),
    [
        ("shop.org", (), None),
        ("shop.org", ('@ 300 CAA 0 issue "a.org"', '@ 300 CAA 0 issue "b.org"'), {"a.org", "b.org"}),
        ("www.shop.org", ('@ 300 CAA 0 issue "a.org"',), {"a.org"}),
        ("www.shop.org", ('@ 300 CAA 0 issue "a.org"', 'www 300 CAA 0 issue "b.org"'), {"b.org"}),
        ("a.www.shop.org", ('www 300 CAA 128 issue "b.org; policy=ev"',), {"b.org"}),
        ("shop.org", ('@ 300 CAA 0 issue ";"',), set()),
        ("shop.org", ('@ 300 CAA 0 iodef "mailto:x@shop.org"',), None),
        ("*.shop.org", ('@ 300 CAA 0 issue "a.org"', '@ 300 CAA 0 issuewild "b.org"'), {"b.org"}),
        ("*.shop.org", ('@ 300 CAA 0 issue "a.org"',), {"a.org"}),
        ("shop.org", ('@ 300 CAA 0 issuewild "b.org"',), None),
        ("shop.org", ('www 300 CAA 0 issue "b.org"',), None),
        ("other.org", ('@ 300 CAA 0 issue "a.org"',), None),
    ],
)
def test_the_nearest_records_decide(name: str, lines: tuple[str, ...], allowed: set[str] | None) -> None:
    assert caa.allowed(name, lines, ZONE) == allowed
