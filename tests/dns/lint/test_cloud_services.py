"""The list of cloud services can be kept up to date: each entry says where it is from, and is found."""

import re

import pytest

from sophia_infra.dns.lint.cloud import SERVICES, Service, Trait
from sophia_infra.dns.lint.linter import lint
from sophia_infra.dns.rr.record import Record

CODES = {Trait.ENDED: "cloud-service-ended", Trait.PROOF: "cloud-name-unproven", Trait.BUCKET: "cloud-bucket-name"}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.suffix)
def test_an_entry_has_a_source_and_a_month_and_leads_to_a_finding(service: Service) -> None:
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", service.seen)
    assert re.match(r"[a-z0-9.-]+\.[a-z]+/", service.source)
    assert service.trait is not Trait.ENDED or re.fullmatch(r"20\d\d-\d\d-\d\d", service.detail)
    target = f"mine.{service.suffix.replace('*', 'eu-west-1')}."
    found = lint([Record("api", 300, "CNAME", target)], "shop.test")
    assert [finding.code for finding in found] == [CODES[service.trait]]


def test_no_service_stands_there_twice() -> None:
    assert len({service.suffix for service in SERVICES}) == len(SERVICES)
