"""What a program asks a model ahead of the checks: exactly what they ask, or nothing."""

import asyncio
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pulumi.output import Output
from pulumi.runtime import config

from sophia_infra.advice.claude.advisor import ClaudeAdvisor
from sophia_infra.advice.model import Advice, Request, Verdict
from sophia_infra.component import asks_ahead
from sophia_infra.dns.program import ahead
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from tests.dns.stack import FRAME, ZoneStack

SECRET = "canary-91f3-late"
BESIDE = [
    "@ 300 A 192.0.2.1\n", "@ 300 A 192.0.2.2\n", "@ 3600 MX 10 mail.shop.example.\n", "mail 300 A 192.0.2.3\n",
    "www 300 CNAME shop.example.\n", 'key 300 TXT "v=one"\n', "api 60 A 192.0.2.7\n",
]  # fmt: skip
TEXTS = st.sets(st.sampled_from(BESIDE)).map(lambda lines: FRAME + "".join(sorted(lines)))
LATE = {"late": {"token TXT 300": [f'"{SECRET}"']}}
PARTS: list[dict[str, Any]] = [
    {}, {}, {}, {}, {}, {}, {}, {},
    {**LATE, "late_secret": ["token TXT"]},
    {"late": {"api A 300": ["192.0.2.77"]}},
    {"staged": ["www"]},
    {"manage": ["created"]},
    {"ignore": ["_acme-challenge* TXT"]},
    {"alias": "resolve"},
    {"label": "store"},
    {"protect": ["mail"]},
    {"relied_on": {"www.shop.example": "the certificate web"}},
]  # fmt: skip
EVENTS = ("apply", "apply", "apply", "refresh", "by hand", "file lost", "journal lost", "destroy")
STEPS = st.lists(st.tuples(TEXTS, st.sampled_from(PARTS), st.sampled_from(EVENTS)), min_size=1, max_size=6)


class Stack(ZoneStack):
    """A stack that asks a model; `asked` are the requests that went to it."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, **config_: str) -> None:
        super().__init__(folder, patch, None, advisor="claude", **config_)
        self.asked: list[Request] = []
        config.set_all_config({f"sophia:{name}": value for name, value in {"advisor": "claude", **config_}.items()})

        def answer(_advisor: ClaudeAdvisor, request: Request, _rules: Advice) -> Advice:
            self.asked.append(request)
            return Advice(request.fingerprint, "model", Verdict.APPROVE, "fine")

        patch.setattr(ClaudeAdvisor, "_answer", answer)

    def ahead(self, news: dict[str, Any]) -> list[Request]:
        """Ask ahead, and return what was asked."""
        before = len(self.asked)
        asyncio.run(ahead.asked(self._inputs({"stack": "acme/prod", **news})))
        return self.asked[before:]

    def checked(self, news: dict[str, Any]) -> list[Request]:
        """Check, whether it is refused or not, and return what was asked."""
        before = len(self.asked)
        self.provider.check(self.state, self._inputs({"stack": "acme/prod", **news}))
        return self.asked[before:]

    def happen(self, event: str, news: dict[str, Any]) -> None:
        news = {"stack": "acme/prod", "limits": {"max_exposure": "critical", "max_deletes": "none"}, **news}
        if event == "apply" and not self.refused(news):
            self.run(news)
        elif event == "refresh" and self.state:
            self.refresh()
        elif event == "by hand" and self.file.exists():
            self.file.write_text(self.file.read_text() + "hand 300 A 192.0.2.99\n")
        elif event == "file lost":
            self.file.unlink(missing_ok=True)
        elif event == "journal lost":
            (self.file.parent / "journal" / "journal.db").unlink(missing_ok=True)
        elif event == "destroy" and self.state:
            self.delete()


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    yield Stack(tmp_path, monkeypatch)
    config.set_all_config({})


def zone(*lines: str) -> dict[str, Any]:
    return {"text": FRAME + "".join(lines)}


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.explicit, Phase.generate])
@given(STEPS, TEXTS, st.sampled_from(PARTS))
def test_what_is_asked_ahead_is_what_the_check_asks_whatever_happened_before(
    steps: list[tuple[str, dict[str, Any], str]], text: str, part: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        stack = Stack(Path(folder), patch)
        for before, parts, event in steps:
            with suppress(SophiaError):  # as where the journal lost its rows, or others wrote the zone meanwhile
                stack.happen(event, {"text": before, **parts})
        stack.begin()
        news = {"text": text, **part}
        guessed, asked = stack.ahead(news), stack.checked(news)
        assert not (guessed and asked)
        assert SECRET not in str(stack.asked)
    config.set_all_config({})


@pytest.mark.parametrize("before", [[], [zone(BESIDE[0])], [zone(BESIDE[0]), zone(*BESIDE[2:4])]])
def test_of_a_zone_that_is_its_text_alone_the_program_asks_and_the_check_does_not(
    stack: Stack, before: list[dict[str, Any]]
) -> None:
    for news in before:
        stack.happen("apply", news)
    stack.begin()
    stack.asked.clear()
    news = zone(BESIDE[1], BESIDE[4])
    assert (len(stack.ahead(news)), len(stack.checked(news))) == (1, 0)
    assert (len(stack.ahead(news)), len(stack.checked(news))) == (0, 0)
    stack.happen("apply", news)
    stack.begin()
    assert (len(stack.ahead(news)), len(stack.checked(news))) == (0, 0)


@pytest.mark.parametrize("part", [
    {"late": {"api A 300": ["192.0.2.77"]}}, {"staged": ["www"]}, {"manage": ["created"]}, {"ignore": ["x TXT"]},
    {"alias": "resolve"}, {"pools": [{"name": "api", "type": "A", "targets": [{"address": "192.0.2.7"}]}]},
    {"text": Output.from_input("")}, {"protect": [Output.from_input("mail")]}, {"text": None},
    {"backend": {"kind": "rfc2136", "server": "127.0.0.1"}}, {"backend": {"kind": "none"}}, {"limits": {"none": 1}},
])  # fmt: skip
def test_of_no_other_zone_anything_is_asked(stack: Stack, part: dict[str, Any]) -> None:
    assert stack.ahead({**zone(BESIDE[0]), **part}) == []


@pytest.mark.parametrize("event", ["by hand", "file lost", "journal lost"])
def test_nothing_is_asked_where_what_is_live_does_not_tell_the_state(stack: Stack, event: str) -> None:
    stack.happen("apply", zone(BESIDE[0]))
    stack.happen(event, {})
    assert stack.ahead(zone(BESIDE[1])) == []


def test_nothing_is_asked_after_a_run_that_was_cut_off(stack: Stack) -> None:
    stack.happen("apply", zone(BESIDE[0]))
    stack.die({**zone(BESIDE[1]), "stack": "acme/prod"}, written=True)
    assert stack.ahead(zone(BESIDE[2])) == []


def test_nothing_is_asked_of_a_zone_whose_state_held_values_of_other_resources(stack: Stack) -> None:
    stack.happen("apply", {**zone(BESIDE[0]), "late": {"api A 300": ["192.0.2.7"]}})
    assert stack.ahead(zone(BESIDE[0], BESIDE[1])) == []


def test_nothing_is_asked_of_a_zone_that_another_stack_or_another_resource_wrote(stack: Stack) -> None:
    stack.happen("apply", zone(BESIDE[0]))
    assert stack.ahead({**zone(BESIDE[1]), "stack": "acme/dev"}) == []
    assert stack.ahead({**zone(BESIDE[1]), "label": "store"}) == []


def test_nothing_is_asked_where_a_level_may_change_what_the_check_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Stack(tmp_path, monkeypatch, autonomy="limited").ahead(zone(BESIDE[0])) == []
    config.set_all_config({})


def test_a_program_waits_no_longer_than_an_answer_may_take(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, began = threading.Event(), time.monotonic()
    stack.configure(claude='{"timeout": 0.2}')
    config.set_config("sophia:claude", '{"timeout": 0.2}')
    monkeypatch.setattr(ClaudeAdvisor, "_answer", lambda *_: ended.wait(30))
    stack.ahead(zone(BESIDE[0]))
    assert time.monotonic() - began < 25
    ended.set()


def test_what_fails_ahead_is_left_to_the_check(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Advice:
        raise RuntimeError

    monkeypatch.setattr(ClaudeAdvisor, "_answer", broken)
    assert stack.ahead(zone(BESIDE[0])) == []
    assert Journal.open().newest(Advice, 1) == []


def test_nothing_is_asked_ahead_but_at_a_preview_of_a_stack_that_has_a_model_advise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sophia_infra.component.checks_all", lambda: True)
    monkeypatch.setenv("SOPHIA_RUN", "a run")
    found = []
    for advisor, dry_run, run in (("claude", True, "a run"), ("rules", True, "a run"), ("claude", False, "a run"),
                                  ("claude", True, "")):  # fmt: skip
        config.set_all_config({"sophia:advisor": advisor})
        monkeypatch.setattr("pulumi.runtime.is_dry_run", lambda dry_run=dry_run: dry_run)
        monkeypatch.setenv("SOPHIA_RUN", run)
        found.append(asks_ahead())
    config.set_all_config({})
    assert found == [True, False, False, False]
    assert not asks_ahead()
