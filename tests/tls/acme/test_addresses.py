"""Addresses in a certificate by ACME (RFC 8738): alone, and beside names."""

import pytest

from sophia_infra.tls.issuers import IssuerError
from tests.support.pebble import Pebble
from tests.support.refusals import refused
from tests.tls.acme.conftest import Make
from tests.tls.orders import order


@pytest.mark.parametrize("names", [("127.0.0.1",), ("shop.example", "127.0.0.1")])
def test_an_address_is_shown_over_http_and_stands_in_the_certificate(
    names: tuple[str, ...], make: Make, pebble: Pebble
) -> None:
    issuer = make(profile="shortlived")
    issuer.preflight(names, order().lifetime)
    issued = issuer.issue(order(domains=names))
    assert issued.facts is not None
    assert set(issued.facts.domains) == set(names)
    again = issuer.issue(order(domains=names, generation=2, base=issued.base))
    assert (again.generation, set(again.facts.domains if again.facts else ())) == (2, set(names))


def test_an_address_that_shows_nothing_is_told_by_its_name(make: Make) -> None:
    with refused(IssuerError, "challenge-failed") as told:
        make().issue(order(domains=("127.0.0.2",)))
    assert told.value.subject == "127.0.0.2"
