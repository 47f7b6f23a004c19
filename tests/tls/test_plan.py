from dataclasses import replace
from datetime import timedelta
from typing import Any

import pulumi
import pytest

from sophia_infra.changes.model import Changes, Exposure
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.facts import Facts
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.lint import judge
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.state import CertificateState
from tests.tls.orders import DOMAINS, NOW, csr, wanted

FACTS = Certificate("0A", DOMAINS, "ecdsa-p256", NOW, NOW + timedelta(days=90), "ab" * 32, "CN=issuer")
HELD = Issued(1, FACTS, "leaf", "chain", "root")
LATER = NOW + timedelta(days=61)


def olds(**changed: Any) -> dict[str, Any]:
    return {"label": "demo/test/shop", "domains": list(DOMAINS), "generation": 1.0, "csr_pem": "csr", **changed}


def changes(plan: Plan, before: dict[str, Any], request: Any = "csr") -> Changes:
    spec = CertificateSpec.from_inputs({"label": "demo/test/shop", "domains": list(DOMAINS), "csr_pem": request})
    return replace(plan, spec=replace(plan.spec, csr_pem=spec.csr_pem)).changes(CertificateState.from_inputs(before))


def test_the_first_certificate_is_one_create_with_little_hanging_on_it() -> None:
    found = changes(Plan.make(wanted(), None, NOW), {}, pulumi.UNKNOWN)
    assert (found.creates, found.updates, found.before, found.after, found.source) == (1, 0, 0, 1, (0, 1))
    assert found.exposure is Exposure.LOW
    assert found.reasons == ("low shop.example certificate issue: there is no certificate yet",)
    assert found.base == ""


def test_nothing_due_is_no_change() -> None:
    assert not changes(Plan.make(wanted(), HELD, NOW), olds())


def test_a_due_certificate_is_one_update_that_says_why_and_against_what() -> None:
    plan = Plan.make(wanted(), HELD, LATER)
    found = changes(plan, olds(), pulumi.UNKNOWN)
    assert plan.generation == 2
    assert (found.creates, found.updates, found.before, found.after) == (0, 1, 1, 1)
    assert found.exposure is Exposure.MEDIUM
    assert found.reasons == ("medium shop.example certificate renew: renewal window reached on 2027-01-22",)
    assert found.base == HELD.base


def test_the_key_and_the_certificate_agree_before_and_after_a_crash_between_them() -> None:
    before, after = Plan.make(wanted(), HELD, LATER), Plan.make(wanted(), HELD, LATER + timedelta(days=3))
    assert before.generation == after.generation == 2
    done = replace(HELD, generation=2, facts=replace(FACTS, not_before=LATER, not_after=LATER + timedelta(days=90)))
    assert Plan.make(wanted(), done, LATER).generation == 2


@pytest.mark.parametrize(
    ("before", "csr", "why"),
    [
        (olds(), "another", "an earlier run was cut off"),
        (olds(), pulumi.UNKNOWN, "an earlier run was cut off"),
        (olds(generation=2.0), "csr", "an earlier run was cut off"),
        (olds(renewal_window=0.5), "csr", "when to renew changed; the certificate stays"),
        (olds(issuer={"folder": "elsewhere"}), "csr", "issuer changed; clients must trust the new one"),
    ],
)
def test_what_the_state_lacks_is_an_update_too(before: dict[str, Any], csr: Any, why: str) -> None:
    found = changes(Plan.make(wanted(), HELD, NOW), before, csr)
    assert found.updates == 1
    assert why in found.reasons[0]


@pytest.mark.parametrize(
    ("issuer", "reason"),
    [
        ({}, "medium shop.example certificate renew: its issuer has lost its copy; issued again below the same root"),
        (
            {"new_root": "0123456789abcdef"},
            "high shop.example certificate renew: its issuer does not know it; clients must trust its root of today",
        ),
    ],
)
def test_a_certificate_its_issuer_does_not_know_is_issued_again_for_the_key_that_stands(
    issuer: dict[str, str], reason: str
) -> None:
    plan = Plan.make(wanted(issuer=issuer), None, NOW, 4.0)
    assert plan.generation == 4
    spec = CertificateSpec.from_inputs(olds(issuer=issuer))
    assert Plan.make(spec, None, NOW).changes(CertificateState.from_inputs(olds())).reasons == (reason,)


def test_proofs_of_a_run_that_was_cut_off_are_an_update_by_themselves_and_part_of_an_order() -> None:
    found = changes(replace(Plan.make(wanted(), HELD, NOW), shown=2), olds())
    assert (found.updates, found.exposure) == (1, Exposure.LOW)
    assert found.reasons[0].startswith("low shop.example certificate remove proofs: a run that was cut off left 2 ")
    ordered = changes(replace(Plan.make(wanted(), HELD, LATER), shown=2), olds())
    assert len(ordered.reasons) == 1


def test_old_inputs_of_another_release_do_not_stop_a_plan() -> None:
    assert not changes(Plan.make(wanted(), HELD, NOW), olds(key_type="quantum-1"))


def test_a_changed_lifetime_alone_waits_for_the_next_renewal() -> None:
    assert not changes(Plan.make(wanted(lifetime="30d"), HELD, NOW), olds())


ACME = {"kind": "acme", "directory": "https://b.example/dir"}


def test_another_request_of_the_program_and_a_signer_that_is_removed_are_told_as_what_they_are() -> None:
    given = wanted(csr=(request := csr()))
    found = replace(Plan.make(given, HELD, NOW), spec=replace(given, csr_pem=request)).changes(
        CertificateState.from_inputs(olds(csr=csr()))
    )
    assert [reason.partition(": ")[2] for reason in found.reasons] == [
        "the signing request that the program gives changed"
    ]
    both = olds(issuer={"kind": "acme", "directory": "https://a.example/dir"}, others=[ACME])
    for signer, why in (
        ("a", "issuer changed; clients must trust the new one"),
        ("b", "this machine does not know it"),
    ):
        state = CertificateState.from_inputs({**both, "asks": f"https://{signer}.example/dir"})
        (told,) = Plan.make(wanted(issuer=ACME), None, NOW, 1).changes(state).reasons
        assert why in told


def test_a_serial_number_that_is_newly_revoked_and_is_not_the_one_that_stands_is_told_once() -> None:
    for told, revokes, unmatched in (("0B", True, "0B"), ("0B", False, ""), ("0A", True, "")):
        spec = wanted(revoke={"serial_number": told})
        plan = Plan.make(spec, HELD, NOW, 1, revokes=revokes)
        assert plan.unmatched == unmatched
        found = [finding.code for finding in judge(Facts.of(plan, NOW))]
        assert ("revoke-unmatched" in found) == bool(unmatched)
