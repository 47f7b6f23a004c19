import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sophia_infra.tls import names

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
NAMES = st.lists(LABELS, min_size=1, max_size=5).map(lambda labels: ".".join([*labels, "example"]))


@pytest.mark.parametrize(
    ("told", "canonical"),
    [
        ("Shop.Example", "shop.example"),
        ("shop.example.", "shop.example"),
        (" shop.example ", "shop.example"),
        ("*.Shop.example", "*.shop.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("*.BÜCHER.example", "*.xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_a_name_is_written_in_one_way(told: str, canonical: str) -> None:
    assert names.normalize(told) == canonical


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("", "label ''"),
        (".", "label ''"),
        ("shop..example", "label ''"),
        ("bad_name.example", "label 'bad_name'"),
        ("-shop.example", "label '-shop'"),
        ("a" * 64 + ".example", "1 to 63"),
        (".".join(["abcdefg"] * 32) + ".example", "the limit is 253"),
        ("w*.shop.example", "whole leftmost label"),
        ("www.*.shop.example", "whole leftmost label"),
        ("*", "whole leftmost label"),
        ("*.*.shop.example", "whole leftmost label"),
        ("192.0.2.256", "top-level label is not a number"),
        ("10.0.0.0/8", "label '0/8'"),
        ("*.192.0.2.7", "top-level label is not a number"),
        ("fe80::1%eth0", "label 'fe80::1%eth0'"),
        ("shop example", "label 'shop example'"),
        ("shop.example\nevil.example", "label"),
        ("xn--a.example", "not valid IDNA"),
        ("a\u200db.example", "internationalised"),
    ],
)
def test_a_name_that_can_not_stand_in_a_certificate_is_refused_with_the_reason(told: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        names.normalize(told)


@given(NAMES)
def test_normalising_twice_is_normalising_once(name: str) -> None:
    once = names.normalize(name.upper())
    assert names.normalize(once) == once == name


@given(NAMES, LABELS)
def test_a_wildcard_covers_one_label_and_no_more(name: str, label: str) -> None:
    assert names.covers(f"*.{name}", f"{label}.{name}")
    assert not names.covers(f"*.{name}", name)
    assert not names.covers(f"*.{name}", f"a.{label}.{name}")


def test_a_name_lies_within_its_own_domain_and_not_within_one_that_only_ends_alike() -> None:
    assert names.within("shop.example", "shop.example")
    assert names.within("*.shop.example", "shop.example")
    assert names.within("a.b.shop.example", "shop.example")
    assert not names.within("myshop.example", "shop.example")
