"""The list of mail services can be kept up to date: each entry says where it is from, and what it includes."""

import re

import pytest

from sophia_infra.dns.lint.edits import proposals
from sophia_infra.dns.lint.linter import judge
from sophia_infra.dns.lint.mail import MAIL_SERVICES, MailService, service_of
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.zone.index import Zone


@pytest.mark.parametrize("service", MAIL_SERVICES, ids=lambda service: service.include)
def test_an_entry_has_a_source_and_a_month_and_leads_to_an_edit(service: MailService) -> None:
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", service.seen)
    assert re.match(r"[a-z0-9.-]+\.[a-z]+/", service.source)
    for suffix in service.suffixes:
        zone = Zone(
            [Record("@", 300, "MX", f"10 in1.{suffix}"), Record("_dmarc", 300, "CNAME", "d.test.")], "shop.test"
        )
        [edit] = proposals(judge(zone), zone)
        assert edit.new == [f'@ 300 TXT "v=spf1 include:{service.include} ?all"']


def test_a_name_that_only_ends_alike_belongs_to_no_service() -> None:
    assert service_of("mx.notgoogle.com.") is None
    assert service_of("google.com.shop.test.") is None


def test_no_suffix_stands_there_twice() -> None:
    suffixes = [suffix for service in MAIL_SERVICES for suffix in service.suffixes]
    assert len(set(suffixes)) == len(suffixes)
