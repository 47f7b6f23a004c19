"""What has been done to companies' zones: what breaks the domain is stopped, and a day's work is not."""

import pytest

from sophia_infra.changes import Exposure, Limits
from tests.dns.exposure.company import BREAKING, GRAVE, ORDINARY


@pytest.mark.parametrize("case", BREAKING)
def test_what_breaks_a_domain_is_stopped(case: str) -> None:
    assert Limits().judge(BREAKING[case]), BREAKING[case].reasons


@pytest.mark.parametrize("case", GRAVE)
def test_what_hurts_is_told_as_high_and_passes(case: str) -> None:
    assert GRAVE[case].exposure is Exposure.HIGH, GRAVE[case].reasons
    assert Limits().judge(GRAVE[case]) == ()


@pytest.mark.parametrize("case", ORDINARY)
def test_a_day_s_work_passes_without_an_override(case: str) -> None:
    assert ORDINARY[case].reasons
    assert Limits().judge(ORDINARY[case]) == ()
