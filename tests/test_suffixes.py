"""Public suffixes are those of the list, and not guessed by their look."""

import subprocess
import sys

import pytest

from sophia_infra import suffixes

SOLD_UNDER = (
    *("com", "org", "de", "museum", "co.uk", "com.au", "or.jp", "ac.nz", "net.br", "gov.in", "me.uk", "ne.jp"),
    *("govt.nz", "sch.uk", "asso.fr", "id.au", "geek.nz", "nom.br", "ltd.uk", "go.jp", "tm.fr", "kiev.ua"),
    *("kawasaki.jp", "any.kawasaki.jp", "any.ck", "xn--p1ai"),
)
REGISTERED = (
    *("com.de", "co.de", "com.me", "me.me", "org.de", "ac.de", "shop.com", "shop.co.uk"),
    *("city.kawasaki.jp", "www.ck", "github.io", "shop.example"),
)


@pytest.mark.parametrize("name", SOLD_UNDER)
def test_a_name_that_registries_sell_under_is_public(name: str) -> None:
    assert suffixes.is_public(name)
    assert not suffixes.is_registrable(name)


@pytest.mark.parametrize("name", REGISTERED)
def test_a_name_that_looks_like_one_is_not(name: str) -> None:
    assert not suffixes.is_public(name)
    assert suffixes.is_registrable(name)
    assert not suffixes.is_registrable(f"www.{name}")


def test_a_top_level_domain_that_nobody_knows_is_public() -> None:
    assert suffixes.is_public("example")
    assert not suffixes.is_registrable("example")


def test_the_list_is_read_only_where_it_is_asked() -> None:
    program = (
        "import sys, sophia_infra.tls.lint, sophia_infra.dns.lint.edits; assert 'publicsuffixlist' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
