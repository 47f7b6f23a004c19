"""ALIAS at a home that has none, run after run: what is published of a target, kept of a silent one, and refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import engine_run
from sophia_infra.dns.desired import aliases
from sophia_infra.probes import addresses
from tests.dns.stack import FRAME, ZoneStack
from tests.support.resolver import SILENT, Resolver, resolver

CDN = "cdn.example.net."
ALIAS = f"@ 300 ALIAS {CDN}\n"


@pytest.fixture
def names() -> Iterator[Resolver]:
    with resolver() as found:
        found.host(CDN, "192.0.2.8", "192.0.2.7", "2001:db8::7", ttl=120)
        yield found


@pytest.fixture
def stack(names: Resolver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ZoneStack:
    return ZoneStack(tmp_path, monkeypatch, resolver=names.server)


def asking(*lines: str, **inputs: Any) -> dict[str, Any]:
    return {"text": FRAME + "".join(lines or (ALIAS,)), "alias": "resolve", **inputs}


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().err.splitlines() if " ALIAS: " in line]


def test_the_addresses_of_a_target_are_published_at_its_ttl(stack: ZoneStack) -> None:
    assert stack.run(asking(ALIAS, '@ 300 TXT "v=spf1 -all"\n'))
    assert stack.zone == ('@ 120 A 192.0.2.7\n@ 120 A 192.0.2.8\n@ 120 AAAA 2001:db8::7\n@ 300 TXT "v=spf1 -all"\n')
    assert stack.state["aliases"] == {"@": CDN}


def test_a_home_without_alias_refuses_one_that_is_not_to_be_looked_up(stack: ZoneStack, names: Resolver) -> None:
    refusal = stack.refused(asking(alias="home"))
    assert refusal.startswith("@ ALIAS is asked for")
    assert "alias='resolve'" in refusal
    assert names.asked == []


@pytest.mark.parametrize(("ttl", "published"), [(5, 60), (60, 60), (299, 299), (86400, 300)])
def test_a_ttl_is_the_targets_from_sixty_seconds_to_that_of_the_alias(
    stack: ZoneStack, names: Resolver, ttl: int, published: int
) -> None:
    names.host(CDN, "192.0.2.7", ttl=ttl)
    stack.run(asking())
    assert stack.zone == f"@ {published} A 192.0.2.7\n"
    assert aliases.SHORTEST_TTL == 60


def test_neither_the_order_of_an_answer_nor_a_ttl_that_a_cache_counts_down_is_drift(
    stack: ZoneStack, names: Resolver
) -> None:
    stack.run(asking())
    names.host(CDN, "192.0.2.7", "2001:db8::7", "192.0.2.8", ttl=61)
    assert not stack.run(asking())
    names.host(CDN, "192.0.2.7", "2001:db8::7", "192.0.2.8", ttl=180)
    assert stack.run(asking()), "no cache counts up"
    assert stack.zone.count(" 180 ") == 3


def test_another_answer_is_a_change_with_its_reason(
    stack: ZoneStack, names: Resolver, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.run(asking())
    assert told(capsys) == []
    names.host(CDN, "192.0.2.9")
    stack.begin()
    changes = stack.plan(asking())["changes"]
    assert (changes["updates"], changes["deletes"]) == (1, 1)
    why = "cdn.example.net now answers 192.0.2.9"
    assert next(reason for reason in changes["reasons"] if " @ A " in reason).endswith(f"; {why}")
    assert told(capsys) == [
        f"sophia: zone shop.example: @ ALIAS: {why}",
        "sophia: zone shop.example: @ ALIAS: cdn.example.net now answers no AAAA",
    ]


def test_preview_and_apply_of_one_run_get_the_same_answer(stack: ZoneStack, names: Resolver) -> None:
    stack.begin()
    previewed = stack.plan(asking())
    names.host(CDN, "192.0.2.9")
    assert stack.plan(asking()) == previewed
    assert len(names.asked) == 2
    stack.begin()
    assert "192.0.2.9" in stack.plan(asking())["text"]


def test_the_apply_of_a_saved_plan_gets_what_the_preview_was_answered(
    stack: ZoneStack, names: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sophia_infra.dns.aliases.plan_seed", lambda: "the plan's")
    stack.begin()
    previewed = stack.plan(asking())
    names.host(CDN, "192.0.2.9")
    stack.begin()
    assert stack.plan(asking())["text"] == previewed["text"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("SERVFAIL", "the resolver fails"),
        (SILENT, "no answer within 0.3 s"),
        (None, "there is no such name"),
        ([], "it has no address"),
        ([f"{CDN} 300 IN CNAME shop.example.", "shop.example. 300 IN A 192.0.2.7"], "it leads back to shop.example."),
    ],
)
def test_a_target_that_does_not_answer_keeps_what_is_published_and_is_refused_where_nothing_is(
    stack: ZoneStack, names: Resolver, answer: Any, why: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(addresses.addresses_of, "__defaults__", ((), 0.3))
    monkeypatch.setattr(addresses, "LATE", addresses.Answer(why="no answer within 0.3 s"))
    good = list(names.table[CDN])
    names.table[CDN] = answer
    if answer is None:
        del names.table[CDN]
    assert stack.refused(asking()) == (
        f"@ ALIAS leads to cdn.example.net, which can't be looked up ({why}), and nothing of it is published that "
        "could stay; run again once it answers, or write A and AAAA"
    )
    bad, names.table[CDN] = names.table.get(CDN), good
    stack.run(asking())
    before = stack.zone
    names.table[CDN] = bad  # type: ignore[assignment]  # None is put right below
    if bad is None:
        del names.table[CDN]
    capsys.readouterr()
    assert not stack.run(asking())
    assert stack.zone == before
    assert told(capsys) == [
        f"sophia: zone shop.example: @ ALIAS: cdn.example.net can't be looked up ({why}); 192.0.2.7, 192.0.2.8, "
        "2001:db8::7 stays published"
    ]


def test_a_new_target_that_does_not_answer_is_refused_though_the_old_one_is_published(stack: ZoneStack) -> None:
    stack.run(asking())
    assert "there is no such name" in stack.refused(asking("@ 300 ALIAS gone.example.net.\n"))


def test_what_is_kept_of_a_silent_target_is_what_was_published_and_not_what_somebody_made_of_it(
    stack: ZoneStack, names: Resolver
) -> None:
    stack.run(asking())
    before = stack.zone
    stack.file.write_text(stack.file.read_text().replace("192.0.2.7", "203.0.113.66"))
    names.table[CDN] = "SERVFAIL"
    assert stack.run(asking())
    assert stack.zone == before


def test_cname_chains_are_followed_by_the_resolver_and_the_least_ttl_counts(stack: ZoneStack, names: Resolver) -> None:
    names.table[CDN] = [f"{CDN} 90 IN CNAME edge.example.org.", "edge.example.org. 240 IN A 192.0.2.44"]
    stack.run(asking())
    assert stack.zone == "@ 90 A 192.0.2.44\n"


def test_a_target_in_the_zone_is_read_there_and_nobody_is_asked(stack: ZoneStack, names: Resolver) -> None:
    lines = "lb 100 A 192.0.2.50\n", "www 60 CNAME lb.shop.example.\n"
    stack.run(asking("@ 300 ALIAS www.shop.example.\n", *lines))
    assert stack.zone == "@ 100 A 192.0.2.50\nlb 100 A 192.0.2.50\nwww 60 CNAME lb.shop.example.\n"
    assert names.asked == []


@pytest.mark.parametrize("key", ["lb A 60", "lb CNAME 60"])
def test_a_target_in_the_zone_whose_value_is_not_known_yet_keeps_what_is_live(stack: ZoneStack, key: str) -> None:
    alias = "@ 300 ALIAS lb.shop.example.\n"
    stack.run(asking(alias, "lb 60 A 192.0.2.50\n"))
    stack.begin()
    changes = stack.plan(asking(alias, late={key: [engine_run.UNKNOWN]}))["changes"]
    assert "@ ALIAS" in changes["pending"]
    assert not any(" @ A " in reason for reason in changes["reasons"])
    stack.run(asking(alias, late={"lb A 60": ["192.0.2.51"]}))
    assert stack.zone == "@ 60 A 192.0.2.51\nlb 60 A 192.0.2.51\n"


def test_a_target_that_a_pool_serves_is_what_the_pool_publishes(stack: ZoneStack) -> None:
    check = {"kind": "tcp", "port": 1, "timeout": 0.1}
    pool = {"name": "lb", "targets": [["127.0.0.2"]], "check": check, "ttl": 90}
    stack.run(asking("@ 300 ALIAS lb.shop.example.\n", pools=[pool]))
    assert stack.zone == "@ 90 A 127.0.0.2\nlb 90 A 127.0.0.2\n"


def test_a_name_in_the_zone_that_leads_out_of_it_is_followed_there(stack: ZoneStack) -> None:
    stack.run(asking("@ 300 ALIAS www.shop.example.\n", f"www 60 CNAME {CDN}\n"))
    assert "@ 120 A 192.0.2.7\n" in stack.zone


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["www 60 CNAME shop.example.\n"], "@ ALIAS leads in a ring, back to shop.example.; point it elsewhere"),
        (["www 60 TXT x\n"], "@ ALIAS leads to www.shop.example., which has no address in this zone"),
        ([], "@ ALIAS leads to www.shop.example., which has no address in this zone"),
    ],
)
def test_a_ring_and_a_target_without_address_in_the_zone_are_refused(
    stack: ZoneStack, lines: list[str], why: str
) -> None:
    assert stack.refused(asking("@ 300 ALIAS www.shop.example.\n", *lines)) == why


def test_too_many_names_are_refused_before_anybody_is_asked(stack: ZoneStack, names: Resolver) -> None:
    lines = [f"app{number} 300 ALIAS cdn{number}.example.net.\n" for number in range(51)]
    assert "ALIAS lead to 51 names, and 50 are looked up at most" in stack.refused(asking(*lines))
    assert names.asked == []


def test_many_names_with_one_target_ask_once(stack: ZoneStack, names: Resolver) -> None:
    stack.run(asking(*(f"app{number} 300 ALIAS {CDN}\n" for number in range(60))))
    assert sorted(names.asked) == [f"{CDN} A", f"{CDN} AAAA"]
    assert stack.zone.count("192.0.2.7") == 60


def test_with_probing_off_nobody_is_asked_and_what_is_published_stays(stack: ZoneStack, names: Resolver) -> None:
    stack.run(asking())
    before, names.asked = stack.zone, []
    stack.configure(probe="off")
    assert not stack.run(asking())
    assert (stack.zone, names.asked) == (before, [])
    assert "sophia:probe is off" in stack.refused(asking("@ 300 ALIAS other.example.net.\n"))


def test_a_reserved_address_is_told_by_the_rules(stack: ZoneStack, names: Resolver) -> None:
    names.host(CDN, "10.0.0.7")
    stack.begin()
    findings = stack.plan(asking())["advice"]["findings"]
    assert ("address-private", "@ A") in {(finding["code"], finding["subject"]) for finding in findings}


def test_no_edit_is_proposed_for_an_address_that_the_program_does_not_give(stack: ZoneStack, names: Resolver) -> None:
    names.host(CDN, "10.0.0.7", "192.0.2.7")
    stack.begin()
    assert [edit for edit in stack.plan(asking())["advice"]["edits"] if edit["subject"] == "@ A"] == []


def test_an_alias_that_becomes_addresses_of_the_program_is_no_alias_any_more(stack: ZoneStack) -> None:
    stack.run(asking())
    stack.run(asking("@ 300 A 192.0.2.1\n", alias="home"))
    assert stack.zone == "@ 300 A 192.0.2.1\n"
    assert "aliases" not in stack.state


def test_an_address_beside_an_alias_from_elsewhere_is_refused(stack: ZoneStack) -> None:
    late = {"@ A 300": ["192.0.2.1"]}
    assert stack.refused(asking(late=late)) == "@ ALIAS is asked for, and @ A beside it; keep one of them"


def test_a_target_that_comes_late_is_looked_up_once_known_and_keeps_what_is_live_until_then(
    stack: ZoneStack, names: Resolver
) -> None:
    stack.run(asking())
    before = stack.zone
    stack.begin()
    waiting = stack.plan(asking(" ", text=FRAME, late={"@ ALIAS 300": [engine_run.UNKNOWN]}))
    assert waiting["changes"]["pending"] == ["@ ALIAS"]
    assert (waiting["changes"]["deletes"], waiting["changes"]["updates"]) == (0, 0)
    names.host("late.example.net.", "192.0.2.77")
    assert stack.run(asking(" ", text=FRAME, late={"@ ALIAS 300": ["late.example.net."]}))
    assert stack.zone == "@ 300 A 192.0.2.77\n" != before
    assert not stack.run(asking(" ", text=FRAME, late={"@ ALIAS 300": ["late.example.net."]}))


def test_a_secret_target_is_refused_and_not_shown(stack: ZoneStack) -> None:
    late = {"@ ALIAS 300": ["canary.example.net."]}
    refusal = stack.refused(asking(" ", text=FRAME, late=late, late_secret=["@ ALIAS"]))
    assert refusal == "the target of @ ALIAS is secret, but its addresses would be published"


def test_a_refresh_finds_no_drift_in_what_was_looked_up(stack: ZoneStack) -> None:
    stack.run(asking())
    stack.refresh()
    assert not stack.run(asking())


@pytest.mark.parametrize("refreshes", [1, 2])
def test_an_address_that_a_refresh_found_is_not_what_the_alias_published(
    stack: ZoneStack, names: Resolver, refreshes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.run(asking())
    published, good = stack.zone, names.table[CDN]
    stack.file.write_text(stack.file.read_text().replace("192.0.2.7", "192.0.2.66"))
    for _ in range(refreshes):
        stack.refresh()
    names.table[CDN] = "SERVFAIL"
    capsys.readouterr()
    assert stack.run(asking())
    assert stack.zone == published
    (line,) = told(capsys)
    assert line.endswith("can't be looked up (the resolver fails); 192.0.2.7, 192.0.2.8, 2001:db8::7 stays published")

    names.table[CDN] = good
    assert not stack.run(asking()), "and nothing of it is left in the state"
    assert "looked_up" not in stack.state
    stack.file.write_text(stack.file.read_text().replace("192.0.2.7", "192.0.2.66"))
    stack.refresh()
    capsys.readouterr()
    assert stack.run(asking())
    assert told(capsys) == [], "the target answers what it did"


def test_a_part_of_a_zone_that_is_managed_by_patterns_takes_addresses_as_its_own(stack: ZoneStack) -> None:
    stack.run({"text": FRAME + "@ 300 A 192.0.2.1\n"})
    stack.state, stack.outputs = {}, {}
    part = {"manage": ["shop"], "text": f"shop 300 ALIAS {CDN}\n"}
    stack.run(asking(**part))
    assert "shop 120 A 192.0.2.7\n" in stack.zone
    assert "@ 300 A 192.0.2.1\n" in stack.zone


def test_a_staged_name_switches_its_addresses_in_steps(stack: ZoneStack, names: Resolver) -> None:
    names.host(CDN, "192.0.2.7", ttl=7200)
    staged = asking(f"@ 7200 ALIAS {CDN}\n", staged=["@ A"])
    stack.run(staged)
    names.host(CDN, "192.0.2.9", ttl=7200)
    stack.run(staged)
    assert stack.zone == "@ 300 A 192.0.2.7\n"


@pytest.mark.parametrize(
    ("secret", "value"),
    [("api A", "198.51.100.77"), ("api AAAA", "2001:db8::77"), ("api CNAME", "token.cdn.example.net.")],
)
@pytest.mark.parametrize("on_the_way", ["", "www 300 CNAME api.shop.example.\n"])
def test_an_alias_that_leads_to_a_secret_value_in_its_zone_is_refused_and_asks_nobody(
    stack: ZoneStack, names: Resolver, secret: str, value: str, on_the_way: str
) -> None:
    target = "www" if on_the_way else "api"
    late = {f"{secret} 300": [value]}
    refusal = stack.refused(
        asking(f"@ 300 ALIAS {target}.shop.example.\n", on_the_way, late=late, late_secret=[secret])
    )
    assert refusal == f"@ ALIAS leads to {secret}, whose value is secret, and would publish it"
    assert names.asked == []
