import pytest

from sophia_infra.changes import covers, subject_of


@pytest.mark.parametrize(
    ("pattern", "subject", "expected"),
    [
        ("www", "www A", True),
        ("www A", "www AAAA", False),
        ("@", "@ MX", True),
        ("ns?", "ns1 A", True),
        ("*", "* A", True),
        ("*", "www A", False),
        ("*.dev", "*.dev A", True),
        ("*.dev", "a.dev A", False),
        ("WWW a", "www A", True),
        ("mail *", "mail AAAA", True),
    ],
)
def test_a_pattern_names_subjects_and_a_star_owner_is_the_wildcard_itself(
    pattern: str, subject: str, expected: bool
) -> None:
    assert covers(pattern, subject) is expected


def test_a_reason_names_its_subject_and_a_line_that_counts_more_names_none() -> None:
    assert subject_of("critical @ MX delete: mail for the domain has nowhere to go") == "@ MX"
    assert subject_of("and 3 more") == ""
