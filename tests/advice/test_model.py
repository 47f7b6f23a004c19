from sophia_infra.advice.model import Advice, Edit, Finding, Level, Request, Verdict

FINDING = Finding("code", Level.WARNING, "www A", "why", "fix")
EDIT = Edit("add", "www A", "", "www 300 A 192.0.2.1", "proposed", "because")


def test_advice_reads_back_from_the_inputs_it_was_written_to() -> None:
    advice = Advice("id", "rules", Verdict.BLOCK, "1 warning", (FINDING,), (EDIT,))
    assert Advice.from_inputs(advice.as_inputs()) == advice


def test_the_advice_property_is_made_of_plain_json_values() -> None:
    assert Advice("id", "rules", Verdict.CAUTION, "1 warning", (FINDING,), (EDIT,)).as_inputs() == {
        "id": "id",
        "advisor": "rules",
        "verdict": "caution",
        "summary": "1 warning",
        "findings": [{"code": "code", "level": "warning", "subject": "www A", "message": "why", "fix": "fix"}],
        "edits": [
            {
                "op": "add",
                "subject": "www A",
                "before": "",
                "after": "www 300 A 192.0.2.1",
                "state": "proposed",
                "why": "because",
                "until": "",
            }
        ],
    }


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
