from __future__ import annotations

import pytest

from sophia_infra.changes import Exposure, Reason, worst_first
from tests.policies.resource import changes, judged

MAIL = "critical @ MX delete: mail for the domain has nowhere to go"
WWW = "critical www A delete: the name no longer leads anywhere"
QUIET = "low old A delete: 1 -> 0 records"


def test_the_ceiling_itself_may_pass_and_what_is_above_may_not() -> None:
    high = changes(exposure="high", reasons=["high @ A update: the domain itself moves"])
    assert judged("exposure-ceiling", {"changes": high}) == []
    [message] = judged("exposure-ceiling", {"changes": high}, {"maxExposure": "medium"})
    assert "maxExposure is medium" in message
    assert "'@ A'" in message


def test_every_reason_above_the_ceiling_is_named_and_the_others_are_not() -> None:
    found = judged("exposure-ceiling", {"changes": changes(exposure="critical", reasons=[MAIL, WWW, QUIET])})
    assert [message.split(";")[0] for message in found] == [MAIL, WWW]


@pytest.mark.parametrize("allow", ["www", "www A", "WWW", "w?w a", "www *"])
def test_an_allowed_subject_passes_and_no_other(allow: str) -> None:
    props = {"changes": changes(exposure="critical", reasons=[MAIL, WWW])}
    assert [m.split(";")[0] for m in judged("exposure-ceiling", props, {"allow": [allow]})] == [MAIL]


def test_a_star_owner_is_the_wildcard_and_never_a_pattern() -> None:
    props = {"changes": changes(exposure="critical", reasons=[WWW])}
    assert len(judged("exposure-ceiling", props, {"allow": ["*"]})) == 1


def test_an_exposure_that_no_reason_explains_is_stopped() -> None:
    assert len(judged("exposure-ceiling", {"changes": changes(exposure="critical", reasons=[QUIET])})) == 1
    assert len(judged("exposure-ceiling", {"changes": changes(exposure="critical")})) == 1


def test_reasons_cut_short_above_the_ceiling_are_stopped_though_all_that_show_are_allowed() -> None:
    many = [Reason(Exposure.CRITICAL, f"h{n} A", "delete", "gone") for n in range(21)]
    props = {"changes": changes(exposure="critical", reasons=list(worst_first(many)))}
    [message] = judged("exposure-ceiling", props, {"allow": ["h*"]})
    assert "not all reasons" in message


def test_reasons_cut_short_below_the_ceiling_pass_when_what_is_above_is_allowed() -> None:
    many = [Reason(Exposure.LOW, f"h{n} A", "delete", "gone") for n in range(30)]
    many.append(Reason(Exposure.CRITICAL, "www A", "delete", "gone"))
    props = {"changes": changes(exposure="critical", reasons=list(worst_first(many)))}
    assert judged("exposure-ceiling", props, {"allow": ["www"]}) == []


ACCEPTED = {"changes": changes(exposure="critical", reasons=[MAIL, WWW], accepted=["@ MX"])}


def test_what_a_program_accepts_is_stopped_all_the_same_unless_the_pack_honours_it() -> None:
    assert [m.split(";")[0] for m in judged("exposure-ceiling", ACCEPTED)] == [MAIL, WWW]
    assert [m.split(";")[0] for m in judged("exposure-ceiling", ACCEPTED, {"honourOverrides": True})] == [WWW]


def test_what_a_program_accepts_never_passes_a_protected_name() -> None:
    assert any("'@ MX' is protected" in one for one in judged("protected-names", ACCEPTED, {"neverDelete": ["@ MX"]}))


def test_changes_of_a_release_without_overrides_can_be_judged_where_they_are_honoured() -> None:
    older = changes(exposure="critical", reasons=[MAIL])
    del older["accepted"], older["type_changes"]
    assert len(judged("exposure-ceiling", {"changes": older}, {"honourOverrides": True})) == 1
    assert judged("protected-names", {"changes": older}, {"neverDelete": ["www"]}) == []


@pytest.mark.parametrize(
    ("config", "passes"),
    [
        ({"neverDelete": ["www A"]}, False),
        ({"neverDelete": ["www *"]}, False),
        ({"neverDelete": ["www"]}, True),
        ({"neverDelete": ["www AAAA"]}, True),
        ({"neverChange": ["www"]}, False),
    ],
)
def test_a_type_change_deletes_its_set_and_keeps_its_name(config: dict[str, list[str]], passes: bool) -> None:
    one = changes(updates=1, type_changes=1, exposure="medium", reasons=["medium www A replace: A becomes CNAME"])
    assert (judged("protected-names", {"changes": one}, config) == []) is passes


def test_type_changes_that_no_reason_names_prove_nothing() -> None:
    silent = changes(updates=1, type_changes=1)
    assert len(judged("protected-names", {"changes": silent}, {"neverDelete": ["www A"]})) == 1


def test_a_source_that_shrank_deletes_nothing_by_itself() -> None:
    one = changes(exposure="high", reasons=["high @ ANY shrink: the source shrank from 53 to 33 record sets"])
    config = {"neverDelete": ["@ MX"], "neverChange": ["@ NS"]}
    assert judged("protected-names", {"changes": one}, config) == []


def test_a_name_never_to_delete_may_be_updated_but_not_deleted() -> None:
    config = {"neverDelete": ["@ MX"]}
    update = changes(updates=1, exposure="high", reasons=["high @ MX update: mail goes elsewhere"])
    assert judged("protected-names", {"changes": update}, config) == []
    delete = changes(deletes=1, exposure="critical", reasons=[MAIL])
    [message] = judged("protected-names", {"changes": delete}, config)
    assert "'@ MX' is protected" in message


@pytest.mark.parametrize("operation", ["update", "delete", "renew"])
def test_a_name_never_to_change_stays_as_it_is(operation: str) -> None:
    one = changes(updates=1, exposure="high", reasons=[f"high @ MX {operation}: why"])
    assert any("'@'" in message for message in judged("protected-names", {"changes": one}, {"neverChange": ["@"]}))


def test_a_protected_name_may_be_created() -> None:
    one = changes(creates=1, exposure="high", reasons=["high @ MX create: why"])
    assert judged("protected-names", {"changes": one}, {"neverDelete": ["@"], "neverChange": ["@"]}) == []


def test_an_emptied_zone_deletes_every_protected_type() -> None:
    emptied = changes(deletes=1, exposure="critical", reasons=["critical @ ANY delete: the zone is emptied"])
    assert any("'@ MX'" in m for m in judged("protected-names", {"changes": emptied}, {"neverDelete": ["@ MX"]}))


def test_deletes_that_no_reason_names_prove_nothing() -> None:
    cut = changes(deletes=25, exposure="low", reasons=[QUIET, "and 24 more"])
    [message] = judged("protected-names", {"changes": cut}, {"neverDelete": ["@ MX"]})
    assert message.startswith("24 changes are not named")
    silent = changes(deletes=1)
    assert len(judged("protected-names", {"changes": silent}, {"neverDelete": ["@ MX"]})) == 1


def test_hidden_creates_leave_a_protected_name_alone() -> None:
    cut = changes(creates=24, deletes=1, exposure="low", reasons=[QUIET, "and 24 more"])
    assert judged("protected-names", {"changes": cut}, {"neverDelete": ["@ MX"]}) == []


GONE, MOVED, NEW = "low a A delete: why", "low b A update: why", "low c A create: why"


@pytest.mark.parametrize(
    ("reasons", "config", "passes"),
    [
        ([GONE, MOVED, NEW], {"neverChange": ["@ MX"]}, True),
        ([GONE, NEW], {"neverChange": ["@ MX"]}, False),
        ([MOVED, NEW], {"neverChange": ["@ MX"]}, False),
        ([GONE, "low b A renew: why"], {"neverChange": ["@ MX"]}, True),
        ([GONE, NEW], {"neverDelete": ["@ MX"]}, True),
        ([MOVED, NEW], {"neverDelete": ["@ MX"]}, False),
    ],
)
def test_every_change_that_could_hit_a_protected_name_must_be_named(
    reasons: list[str], config: dict[str, list[str]], passes: bool
) -> None:
    one = changes(creates=1, updates=1, deletes=1, exposure="low", reasons=reasons)
    assert (judged("protected-names", {"changes": one}, config) == []) is passes


def test_without_protected_names_nothing_needs_proof() -> None:
    assert judged("protected-names", {"changes": changes(deletes=25)}) == []
