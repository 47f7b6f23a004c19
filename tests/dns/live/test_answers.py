"""A server that is not told of a change yet is waited for, and no change is taken back since one is late."""

from datetime import timedelta
from typing import ClassVar

import pytest

from sophia_infra.dns.live import answers
from sophia_infra.dns.live.answers import answered
from sophia_infra.dns.live.name_server import AskingError
from sophia_infra.probes.addresses import Answer
from sophia_infra.probes.measured import Measured, Phase

APEX = "@ 3600 SOA ns1.dns.example. root.shop.example. 1 {} 900 1209600 300\n"
APEX += "@ 3600 NS ns1.dns.example.\n@ 3600 NS ns2.dns.example.\n"
OLD, NEW, OTHER = (f"www 300 A 192.0.2.{last}\n" for last in (1, 2, 3))
NS1, NS2 = "ns1.dns.example.", "ns2.dns.example."
DELEGATED = answers._delegated


class Served:
    """Name servers, each with the text that it answers with; None for one that does not answer."""

    texts: ClassVar[dict[str, str | None]] = {}

    def __init__(self, host: str, port: int = 53) -> None:
        self.host = host

    def sets_of(self, _zone: str, _asked: str) -> str:
        if (text := self.texts.get(self.host)) is None:
            raise AskingError(f"{self.host} does not answer")
        return text


@pytest.fixture(autouse=True)
def _servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "NameServer", Served)
    monkeypatch.setattr(answers, "_delegated", lambda _: [Served(NS1), Served(NS2)])


def asked(
    kind: str, *, undone: bool = False, old: str = OLD, propagation: timedelta | None = None, **texts: str | None
) -> Measured:
    Served.texts = {"192.0.2.53": texts.get("primary"), NS1: texts.get("ns1"), NS2: texts.get("ns2")}
    former, expected = (NEW, old) if undone else (old, NEW)
    backend = {"kind": kind, "server": "192.0.2.53"}
    return answered("shop.example", backend, former, expected, propagation=propagation)


@pytest.mark.parametrize(
    ("kind", "propagation"),
    [("cloudflare", timedelta(minutes=5)), ("namecheap", timedelta(hours=1)), ("own:Backend", timedelta(minutes=15))],
)
def test_a_server_of_a_provider_that_answers_as_before_is_pending_for_as_long_as_fits_it(
    kind: str, propagation: timedelta
) -> None:
    found = asked(kind, ns1=NEW, ns2=OLD)
    assert found == Measured(Phase.PENDING, f"{NS2} still answers the old {OLD.strip()}", propagation)
    assert asked(kind, ns1=NEW, ns2=NEW).phase is Phase.SUCCESSFUL
    assert asked(kind, ns1=OLD, ns2=NEW, undone=True) == Measured(
        Phase.PENDING, f"{NS2} still answers the old {NEW.strip()}", propagation
    )
    assert asked(kind, ns1="", ns2=NEW, old="").why == f"{NS1} does not answer www A yet"


def test_a_third_answer_is_failed_whatever_else_is_pending() -> None:
    assert asked("namecheap", ns1=OLD, ns2=OTHER).phase is Phase.FAILED
    assert asked("namecheap", ns1=NEW, ns2="").phase is Phase.FAILED
    assert asked("namecheap", ns1=NEW).phase is Phase.INCONCLUSIVE


def test_another_address_at_a_provider_with_a_proxy_is_a_person_s_to_judge() -> None:
    assert asked("cloudflare", ns1=OTHER, ns2=OTHER).phase is Phase.INCONCLUSIVE


@pytest.mark.parametrize(("refresh", "minutes"), [(7200, 60), (600, 10), (5, 1)])
def test_who_follows_the_primary_is_late_for_its_refresh_and_an_hour_at_most(refresh: int, minutes: int) -> None:
    apex = APEX.format(refresh)
    assert asked("rfc2136", primary=apex + NEW, ns1=NEW, ns2=OLD).propagation == timedelta(minutes=minutes)
    several_behind = asked("rfc2136", primary=apex + NEW, ns1=NEW, ns2=OTHER)
    assert (several_behind.phase, "ns2" in several_behind.why) == (Phase.PENDING, True)


def test_the_primary_has_a_change_at_once_or_it_failed() -> None:
    apex = APEX.format(7200)
    for answer in (OLD, OTHER):
        found = asked("rfc2136", primary=apex + answer, ns1=OLD, ns2=OLD)
        assert (found.phase, found.why) == (Phase.FAILED, "192.0.2.53 answers otherwise for www A")
    assert asked("rfc2136", ns1=NEW, ns2=NEW).phase is Phase.INCONCLUSIVE


def test_a_secondary_that_can_t_be_asked_from_here_is_told_and_holds_nothing_up() -> None:
    found = asked("rfc2136", primary=APEX.format(7200) + NEW, ns1=NEW)
    assert (found.phase, found.why.startswith(f"{NS2} is not asked: ")) == (Phase.SUCCESSFUL, True)


def test_a_time_that_is_set_stands_above_what_fits_the_backend() -> None:
    hour, none = timedelta(hours=1), timedelta()
    assert asked("cloudflare", propagation=hour, ns1=OLD, ns2=NEW).propagation == hour
    late = asked("cloudflare", propagation=none, ns1=OLD, ns2=NEW)
    assert (late.phase, late.propagation) == (Phase.PENDING, none)  # so it is inconclusive at once, and never failed
    only_the_primary = asked("rfc2136", propagation=none, primary=APEX.format(7200) + NEW, ns1=OLD, ns2=OLD)
    assert only_the_primary == Measured(Phase.SUCCESSFUL)


@pytest.mark.parametrize(
    ("told", "phase"), [(Answer((NS1,)), Phase.SUCCESSFUL), (Answer(why="the resolver fails"), Phase.INCONCLUSIVE)]
)
def test_the_servers_of_the_delegation_are_asked_and_nothing_is_known_where_nobody_names_them(
    monkeypatch: pytest.MonkeyPatch, told: Answer, phase: Phase
) -> None:
    monkeypatch.setattr(answers, "_delegated", DELEGATED)
    monkeypatch.setattr(answers, "answers_to", lambda questions: dict.fromkeys(questions, told))
    assert asked("namecheap", ns1=NEW).phase is phase
