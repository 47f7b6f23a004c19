"""What a zone can be asked for, together: each choice goes through one history, and settles after every part of it.

`make test` takes all at once, `make soak` each pair by itself. What only the engine can show stands in `tests/engine`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from sophia_infra.advice.approval import approve, find, proposed
from sophia_infra.dns.rr.record import APEX as SERVERS
from sophia_infra.dns.rr.record import apex_of, from_text, to_text
from sophia_infra.journal import Journal
from tests.dns.scenarios.run import NO_LIMITS
from tests.dns.stack import FRAME, News, ZoneStack
from tests.support import cloudflare_server, knot
from tests.support.primary import SECRET

SOA = "@ 3600 SOA ns1.dns.example. h.dns.example. 1 2 3 4 5\n"
OLD, NEW = "192.0.2.1", "192.0.2.2"
DAY = 86_400


@dataclass
class Case:
    """A program before and after a change of it, beside what somebody else has in the zone; lines are canonical."""

    before: list[str] = field(default_factory=lambda: [f"www {DAY} A {OLD}"])
    after: list[str] = field(default_factory=lambda: [f"www {DAY} A {NEW}"])
    late: dict[str, tuple[str, str]] = field(default_factory=dict)
    secret: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    arguments: dict[str, Any] = field(default_factory=dict)
    approves: bool = False
    mended: dict[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return "manage" not in self.arguments

    def news(self, *, new: bool, known: bool = True) -> dict[str, Any]:
        late: dict[str, Any] = {key: [values[new]] if known else UNKNOWN for key, values in self.late.items()}
        text = "".join(f"{line}\n" for line in sorted(self.after if new else self.before))
        return {"text": text, "late": late, "late_secret": self.secret, "limits": NO_LIMITS, **self.arguments}

    def served(self, *, new: bool) -> set[str]:
        lines = {self.mended.get(line, line) for line in (self.after if new else self.before)}
        late = {f"{owner} {ttl} {kind} {values[new]}" for (owner, kind, ttl), values in self._late()}
        return {*lines, *self.published, *self.foreign, *late}

    def _late(self) -> Iterator[tuple[list[str], tuple[str, str]]]:
        return ((key.split(" "), values) for key, values in self.late.items())

    def add(self, field: str, *values: Any) -> None:
        self.arguments[field] = [*self.arguments.get(field, ()), *values]


Feature = Callable[[Case], None]


def staged(case: Case) -> None:
    case.add("staged", "www")


def swapped(case: Case) -> None:
    case.add("staged", "web")
    case.before.append(f"web {DAY} A {OLD}")
    case.after.append(f"web {DAY} CNAME shop.cdn.example.")


def short(case: Case) -> None:
    case.add("staged", "short")
    case.before.append(f"short 20 A {OLD}")
    case.after.append(f"short 20 A {NEW}")


def pooled(case: Case) -> None:
    check = {"kind": "tcp", "port": 1}
    case.add("pools", {"name": "app", "targets": [["127.0.0.1"]], "check": check})
    case.published.append("app 60 A 127.0.0.1")


def late(case: Case) -> None:
    case.late["api A 3600"] = (OLD, NEW)


def late_and_staged(case: Case) -> None:
    case.add("staged", "ci A")
    case.late[f"ci A {DAY}"] = (OLD, NEW)


def secret(case: Case) -> None:
    case.late["token TXT 60"] = ('"s3cret"', '"s4cret"')
    case.secret.append("token TXT")


def approved(case: Case) -> None:
    for lines in (case.before, case.after):
        lines.append("mail 3600 A 192.0.2.9")
        lines.append("lists 3600 MX 10 mail.shop.example.shop.example.")
    case.approves = True


def of_patterns(case: Case) -> None:
    case.arguments["manage"] = ["www", "web", "app", "api", "ci", "token", "mail", "lists", "legacy", "short"]
    case.foreign.append("theirs 60 A 192.0.2.66")


def created(case: Case) -> None:
    case.arguments["manage"] = ["created"]
    case.foreign.append("theirs 60 A 192.0.2.66")


def ignoring(case: Case) -> None:
    case.add("ignore", "_acme-challenge TXT")
    case.foreign.append('_acme-challenge 60 TXT "token"')


def overridden(case: Case) -> None:
    case.before.append(f"legacy 3600 A {OLD}")
    case.add("protect", "legacy")
    case.add("overrides", {"names": ["legacy"], "until": "2026-12-24", "why": "it is switched off"})


FEATURES = [
    staged,
    swapped,
    pooled,
    late,
    late_and_staged,
    secret,
    approved,
    of_patterns,
    created,
    ignoring,
    overridden,
]
WRITERS = [of_patterns, created]
ALONE = [one for one in FEATURES if one not in WRITERS]
ALL = {"a whole zone": ALONE, **{writer.__name__: [*ALONE, writer] for writer in WRITERS}}
PAIRS = [pair for pair in combinations(FEATURES, 2) if pair != (of_patterns, created)]


class Pair(ZoneStack):
    """A stack that asks for a case, and is looked at after each run."""

    case: Case
    hours = 0

    def settle(self, *, new: bool) -> None:
        """Run until nothing is left to do, a day and more apart, and look at what is served."""
        for _ in range(6):
            self.begin()
            self.plan(self.case.news(new=new, known=False))
            self.carry_out(self.plan(self.case.news(new=new)))
            self.is_quiet(new=new)
            if self.served() == self.expected(new=new):
                return
            self.later()
        assert self.served() == self.expected(new=new)

    def later(self) -> None:
        self.hours += 26
        self.at(hours=self.hours)

    def due(self, news: News) -> bool:
        """Whether a run would write."""
        self.begin()
        changes = self.plan(news)["changes"]
        return any(changes[name] for name in ("creates", "updates", "deletes"))

    def is_quiet(self, *, new: bool) -> None:
        """A second preview is empty, and plans what a third one does, so that a saved plan fits."""
        self.begin()
        inputs = self.plan(self.case.news(new=new))
        assert not self.differs(inputs)
        self.begin()
        again = self.plan(self.case.news(new=new))
        assert again == inputs

    def write(self, *lines: str) -> None:
        """Somebody else writes a zone anew, or changes it."""
        records, backend = from_text("".join(f"{line}\n" for line in lines)), self.backend
        live = backend.read()
        zone = to_text([*(apex_of(live.text) or from_text(SOA + FRAME)), *records])
        backend.apply(lambda _: backend.normalize(zone, live))

    def served(self) -> set[str]:
        return set(self.zone.splitlines())

    def expected(self, *, new: bool) -> set[str]:
        """What is to be served, with TTLs as the backend holds them."""
        backend = self.backend
        lines = sorted(self.case.served(new=new))
        held = backend.normalize(to_text(from_text("".join(f"{line}\n" for line in lines))), backend.read())
        return {str(record) for record in from_text(held) if record.subject not in SERVERS}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    return Pair(tmp_path, monkeypatch, probe="off")


@pytest.fixture
def at_cloudflare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", cloudflare_server.TOKEN)
    with cloudflare_server.serving(cloudflare_server.CloudflareServer()) as server:
        yield Pair(tmp_path, monkeypatch, {"kind": "cloudflare", "endpoint": server.endpoint}, probe="off")


@pytest.fixture
def at_primary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    with knot.updatable(tmp_path / "run") as running:
        yield Pair(tmp_path, monkeypatch, running.settings, probe="off", tsigSecret=SECRET)


@pytest.mark.parametrize("features", ALL.values(), ids=ALL)
def test_all_that_can_be_asked_for_settles_together(stack: Pair, features: Sequence[Feature]) -> None:
    live_through(stack, features)


@pytest.mark.parametrize("features", ALL.values(), ids=ALL)
def test_all_settles_together_at_cloudflare(at_cloudflare: Pair, features: Sequence[Feature]) -> None:
    live_through(at_cloudflare, features)


@pytest.mark.parametrize("features", ALL.values(), ids=ALL)
def test_all_settles_together_at_a_primary(at_primary: Pair, features: Sequence[Feature]) -> None:
    live_through(at_primary, features)


@pytest.mark.soak
@pytest.mark.parametrize("features", PAIRS, ids=lambda pair: " and ".join(one.__name__ for one in pair))
def test_each_pair_settles(stack: Pair, features: Sequence[Feature]) -> None:
    live_through(stack, features)


def live_through(stack: Pair, features: Sequence[Feature]) -> None:
    case = stack.case = Case()
    for feature in features:
        feature(case)
    stack.write(*case.foreign)
    stack.settle(new=False)
    if case.approves:
        approve_all(stack)
    killed(stack)
    drifted(stack)
    if not case.approves:  # an approval stands in the state, and goes with it
        renamed(stack)
    stack.settle(new=False)
    stack.delete()
    assert stack.served() == set(case.foreign)


def approve_all(stack: Pair) -> None:
    stack.begin()
    advice = find(Journal.open(), stack.plan(stack.case.news(new=False))["advice"]["id"])
    approve(Journal.open(), advice, [edit for edit in proposed(advice) if edit.subject == "lists MX"])
    stack.case.mended = {"lists 3600 MX 10 mail.shop.example.shop.example.": "lists 3600 MX 10 mail.shop.example."}
    stack.settle(new=False)


def killed(stack: Pair) -> None:
    """Each run on the way is killed before it writes, then right after it wrote, and then comes to its end."""
    news = stack.case.news(new=True)
    while stack.due(news):
        for written in (False, True):
            if stack.due(news):
                stack.die(news, written=written)
        stack.run(news)
        stack.is_quiet(new=True)
        stack.later()
    stack.settle(new=True)


def drifted(stack: Pair) -> None:
    stack.refresh()
    stack.is_quiet(new=True)
    live = [line for line in stack.zone.splitlines() if not line.startswith("www ")]
    for refresh in (False, True):
        stack.write(*live, "www 60 A 192.0.2.77")
        if refresh:
            stack.refresh()
        stack.settle(new=True)


def renamed(stack: Pair) -> None:
    """A resource of another name asks for the same; the old one, of which the state is still there, goes."""
    before = stack.outputs
    stack.state, stack.outputs = {}, {}
    stack.case.arguments["label"] = "other"
    stack.settle(new=True)
    stack.provider.delete("shop.example", before)
    stack.is_quiet(new=True)
    assert stack.served() == stack.expected(new=True)
