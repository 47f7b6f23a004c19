"""A CA with several roots hands out the chain to the one that a program names."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from cryptography import x509

from sophia_infra.tls.certificates import Request
from sophia_infra.tls.spec import KeyType
from tests.support import pebble as server
from tests.support.pebble import Pebble
from tests.tls.acme.conftest import Make
from tests.tls.orders import csr, order

NAMES = ("shop.example", "www.shop.example")


@pytest.fixture(scope="module")
def _pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    server.skip_where_lacking()
    with server.running(tmp_path_factory.mktemp("roots"), {"PEBBLE_ALTERNATE_ROOTS": "2"}) as running:
        yield running


def common_name(name: x509.Name) -> str:
    return str(name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)


def root(pebble: Pebble, number: int) -> str:
    answer = requests.get(f"{pebble.management}/roots/{number}", verify=str(pebble.trust), timeout=10)
    return common_name(x509.load_pem_x509_certificate(answer.content).subject)


def top(pem: str) -> str:
    return common_name(x509.load_pem_x509_certificates(pem.encode())[-1].issuer)


@pytest.mark.parametrize("number", [0, 2])
def test_the_chain_ends_at_the_root_that_is_named(number: int, make: Make, pebble: Pebble) -> None:
    issued = make(chain=root(pebble, number)).issue(order(domains=NAMES))
    assert top(issued.chain_pem) == root(pebble, number)
    assert issued.facts is not None
    assert set(issued.facts.domains) == set(NAMES)


def test_where_the_ca_has_no_such_root_its_usual_chain_is_taken_and_told(
    make: Make, pebble: Pebble, capsys: pytest.CaptureFixture[str]
) -> None:
    issued = make(chain="No Such Root").issue(order(domains=NAMES))
    assert top(issued.chain_pem) == root(pebble, 0)
    assert "has no chain to 'No Such Root' (issuer.chain); its usual one is taken" in capsys.readouterr().err


def test_a_request_of_the_program_is_signed_by_the_profile_and_with_the_chain_that_it_asks_for(
    make: Make, pebble: Pebble
) -> None:
    request = csr(NAMES, KeyType.RSA_3072)
    issued = make(chain=root(pebble, 1), profile="shortlived").issue(order(domains=NAMES, csr_pem=request))
    assert issued.facts is not None
    assert issued.facts.public_key_sha256 == Request.read(request).public_key_sha256
    assert issued.facts.not_after - issued.facts.not_before <= timedelta(days=6)
    assert top(issued.chain_pem) == root(pebble, 1)
