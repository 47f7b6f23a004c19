from dataclasses import replace

from sophia_infra.advice.model import Advice, Edit, Finding, Level, Request, Verdict

FINDING = Finding("code", Level.WARNING, "www A", "why", "fix")
EDIT = Edit("add", "www A", "", "www 300 A 192.0.2.1", "proposed", "because")


def test_the_advice_property_is_made_of_plain_json_values() -> None:
    assert Advice("id", "rules", Verdict.CAUTION, "1 warning", (FINDING,), (EDIT,)).as_inputs() == {
        "id": "id",
        "advisor": "rules",
        "verdict": "caution",
        "summary": "1 warning",
        "findings": [{"code": "code", "level": "warning", "subject": "www A", "message": "why", "fix": "fix"}],
        "edits": ["www A"],
    }


def test_findings_of_one_kind_stand_as_one_that_names_the_first_five_and_counts_all() -> None:
    sevenfold = tuple(replace(FINDING, subject=f"app{n} A") for n in range(7))
    other = replace(FINDING, code="other")
    advice = Advice("id", "rules", Verdict.APPROVE, "", (*sevenfold, other), more={"warning code": 17})
    assert list(map(str, advice.kinds)) == [
        "warning code 24 times: app0 A, app1 A, app2 A, app3 A, app4 A, ...: why -> fix",
        "warning other www A: why -> fix",
    ]


def test_what_is_said_of_the_first_of_a_kind_alone_is_told_as_that() -> None:
    two = (FINDING, replace(FINDING, subject="api A", message="why not"))
    assert list(map(str, Advice("id", "rules", Verdict.APPROVE, "", two).kinds)) == [
        "warning code 2 times: www A, api A: the first: why -> fix"
    ]


def test_the_fingerprint_is_the_same_whatever_the_order_of_facts() -> None:
    one = Request("zone", "shop.example", {"a": 1, "b": [2]})
    assert one.fingerprint == Request("zone", "shop.example", {"b": [2], "a": 1}).fingerprint


def test_the_fingerprint_is_what_older_journals_hold() -> None:
    one = Request("zone", "shop.example", {"a": 1, "b": [2]})
    assert one.fingerprint == "03bf04a2602a8c80e80c8ce2e2841a3683395daeaf7f9858160bc57e28ae70b1"


def test_the_fingerprint_covers_kind_subject_and_facts() -> None:
    requests = [
        Request("zone", "shop.example", {"a": 1}),
        Request("certificate", "shop.example", {"a": 1}),
        Request("zone", "shop.test", {"a": 1}),
        Request("zone", "shop.example", {"a": 2}),
    ]
    assert len({request.fingerprint for request in requests}) == 4
