"""ALIAS at a backend that has none: addresses of their targets in their place. Pure; the world has looked them up."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sophia_infra.dns.aliases import AliasError, End, aliases_of, around, ends_of
from sophia_infra.dns.desired.desired import Aliased, Desired, World
from sophia_infra.dns.reader import read_rdata
from sophia_infra.dns.rr.record import Record, merged, records_of, subjects_of, without
from sophia_infra.dns.rr.rtype import ALIAS, HOSTS
from sophia_infra.dns.spec import RESOLVE, ZoneSpec
from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.probes.addresses import LATE, TYPES, Answer, Question
from sophia_infra.values import listed

SHORTEST_TTL = 60
"""Seconds: a target's shorter TTL is published as this, since nothing follows it between two runs."""
SHOWN = 5
"""How many addresses of a target a line shows."""


def with_aliases(desired: Desired, world: World) -> Desired:
    """Put addresses in place of ALIAS; one whose target is not known yet keeps what is live.

    Raises:
        AliasError: a target leads nowhere, or can't be looked up and nothing of it is published that could stay.
    """
    spec = world.spec
    if spec.alias != RESOLVE:
        return desired
    waiting = [late.owner for late in spec.late.sets if late.type == ALIAS]
    aliases = aliases_of(spec, desired.text)
    if not aliases and not waiting:
        return desired
    _refuse_mixed(spec, desired.text, [*(alias.owner for alias in aliases), *waiting])
    zone_text = around(spec, desired.text, world.pools.records)
    ends = ends_of(spec, aliases, zone_text)
    open_ended = [alias for alias in aliases if ends[alias.owner] == End()]
    owners = {alias.owner for alias in aliases}
    found = [
        _Looking(alias, ends[alias.owner], world, zone_text, owners).found
        for alias in aliases
        if alias not in open_ended
    ]
    kept = _live_of(world, [*waiting, *(alias.owner for alias in open_ended)])
    records = [*kept, *(record for each in found for record in each.records)]
    return replace(
        desired,
        text=merged(without(desired.text, [alias.subject for alias in aliases]), records),
        pending=(*desired.pending, *(alias.subject for alias in open_ended)),
        aliased=Aliased(
            targets={alias.owner: alias.rdata for alias in aliases},
            subjects=tuple(dict.fromkeys(record.subject for record in records)),
            lines=tuple(line for each in found for line in each.lines),
            because={subject: why for each in found for subject, why in each.because.items()},
        ),
    )


def _refuse_mixed(spec: ZoneSpec, text: str, owners: Sequence[str]) -> None:
    """Refuse what `refuse_unloadable` would, were the ALIAS still there afterwards."""
    asked = {*subjects_of(text), *spec.late.subjects, *spec.pooled}
    for owner in owners:
        beside = [subject for rtype in HOSTS if rtype != ALIAS and (subject := f"{owner} {rtype}") in asked]
        if beside or owners.count(owner) > 1:
            what = beside[0] if beside else "another one"
            raise AliasError(
                f"{owner} ALIAS is asked for, and {what} beside it; keep one of them", field=f"{owner} ALIAS"
            )


def _live_of(world: World, owners: Iterable[str]) -> list[Record]:
    """The addresses of this stack that are live at some names."""
    return records_of(world.part.own, [f"{owner} {rtype}" for owner in owners for rtype in TYPES])


@dataclass(frozen=True, slots=True)
class _Found:
    """What is published of one ALIAS, the lines to show, and why a set is another one than before."""

    records: Sequence[Record]
    lines: Sequence[str]
    because: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Looking:
    """One ALIAS and where it leads; `zone_text` is that of `around`, `owners` are those that have an ALIAS."""

    alias: Record
    end: End
    world: World
    zone_text: str
    owners: Collection[str]

    @property
    def found(self) -> _Found:
        alias, before = self.alias, self._before
        answers = {rtype: self._answer(rtype) for rtype in TYPES}
        if not any(answer.addresses or answer.why for answer in answers.values()):
            answers = dict.fromkeys(TYPES, Answer(why="it has no address"))
        failed = {rtype: answer.why for rtype, answer in answers.items() if answer.why}
        if failed and not before:
            raise AliasError(
                f"{alias.subject} leads to {self._target}, which can't be looked up ({_reasons(failed)}), and nothing "
                "of it is published that could stay; run again once it answers, or write A and AAAA",
                field=alias.subject,
            )
        records = [record for record in before if record.type in failed]
        because = dict[str, str]()
        for rtype in answers.keys() - failed.keys():
            fresh = self._records(rtype, answers[rtype])
            records += fresh
            was = {record.rdata for record in before if record.type == rtype}
            now = [record.rdata for record in fresh]
            if before and was != set(now):
                because[f"{alias.owner} {rtype}"] = f"{self._target} now answers {listed(now, SHOWN) or f'no {rtype}'}"
        return _Found(records, list(self._lines(failed, records, because)), because)

    def _lines(self, failed: Mapping[str, str], records: Sequence[Record], because: Mapping[str, str]) -> Iterator[str]:
        if failed:
            kept = listed([record.rdata for record in records if record.type in failed], SHOWN) or "nothing"
            why = f"{self._target} can't be looked up ({_reasons(failed)})"
            yield f"{self.alias.subject}: {why}; {kept} stays published"
        for subject in sorted(because):
            yield f"{self.alias.subject}: {because[subject]}"

    @property
    def _target(self) -> str:
        return self.alias.rdata.rstrip(".")

    @property
    def _before(self) -> list[Record]:
        """What the last run published of the same target."""
        state, owner = self.world.state, self.alias.owner
        if state.aliases.get(owner) != self.alias.rdata:
            return []
        return records_of(state.published_of_aliases, [f"{owner} {rtype}" for rtype in TYPES])

    def _answer(self, rtype: str) -> Answer:
        if self.end.owner:
            here = records_of(self.zone_text, [f"{self.end.owner} {rtype}"])
            return Answer(tuple(record.rdata for record in here), max((record.ttl for record in here), default=0))
        answer = self.world.answers.get(Question(self.end.name, rtype), LATE)
        zone = LazyNames("", self.world.spec.domain)
        back = [name for name in answer.chain if zone.relative(name) in self.owners]
        return Answer(why=f"it leads back to {back[0]}") if back else answer

    def _records(self, rtype: str, answer: Answer) -> list[Record]:
        """The records of one type, at the target's TTL, in `SHORTEST_TTL` and the ALIAS's own.

        A resolver counts the TTLs in its cache down: while the addresses are those that are live, a lower one is no
        change.
        """
        owner, domain = self.alias.owner, self.world.spec.domain
        data = [read_rdata(rtype, address, domain) for address in answer.addresses]
        most = max(self.alias.ttl, SHORTEST_TTL)
        ttl = min(max(answer.ttl, SHORTEST_TTL), most) if self.end.name else min(answer.ttl, self.alias.ttl)
        live = records_of(self.world.part.own, [f"{owner} {rtype}"])
        if self.end.name and live and {record.rdata for record in live} == set(data) and live[0].ttl <= most:
            ttl = max(ttl, live[0].ttl)
        return [Record(owner, ttl, rtype, address) for address in data]


def _reasons(failed: Mapping[str, str]) -> str:
    whys = dict.fromkeys(failed.values())
    if len(whys) == 1 and len(failed) == len(TYPES):
        return next(iter(whys))
    return ", ".join(f"{rtype}: {why}" for rtype, why in failed.items())
