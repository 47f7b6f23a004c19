"""The targets of a zone's ALIAS, where its backend has no such type.

They are followed within the zone. What lies outside of it a resolver is asked for, once a run.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, NamedTuple, Self

from sophia_infra.changes import fingerprint
from sophia_infra.codec import decode, encode
from sophia_infra.dns.rr.record import Record, from_text, merged
from sophia_infra.dns.rr.rtype import ALIAS, ALIASES
from sophia_infra.dns.spec import RESOLVE, ZoneSpec
from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.engine_run import engine_run, plan_seed
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal, Kind
from sophia_infra.probes.addresses import TYPES, Answer, Question, addresses_of
from sophia_infra.reporter import STDERR
from sophia_infra.settings import Settings

NAMES_LIMIT = 50
"""How many different names are looked up for one zone."""

Answers = Mapping[Question, Answer]


class AliasError(SophiaError):
    """An ALIAS whose addresses can't be published; the message names it, its target and the way out."""

    code = "alias"


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What a run was answered, in the journal: by `name TYPE`, the fields of the answer."""

    KIND: ClassVar = Kind.PROBE
    RESOURCE: ClassVar = "alias"

    answers: Answers

    def to_body(self) -> dict[str, Any]:
        """Return the journal's row."""
        return {" ".join(question): encode(answer) for question, answer in self.answers.items()}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Read the journal's row."""
        questions = {Question(*key.split(" ")): given for key, given in body.items() if " " in key}
        return cls({question: decode(Answer, given) for question, given in questions.items()})


class End(NamedTuple):
    """Where an ALIAS leads: to an owner of its own zone, or to another zone's name; neither while that is not known."""

    owner: str = ""
    name: str = ""


def taken_in(spec: ZoneSpec) -> ZoneSpec:
    """Return a spec in which the ALIAS sets that other resources produce stand as text, once their values are known.

    Raises:
        AliasError: such a value is secret, and what is looked up of it would be published.
        ZoneTextError: it is no name.
    """
    known = [late for late in spec.late.sets if late.type == ALIAS and late.subject not in spec.late.pending]
    if secret := [late.subject for late in spec.late.sets if late.type == ALIAS and late.subject in spec.late.secret]:
        raise AliasError(f"the target of {secret[0]} is secret, but its addresses would be published", field=secret[0])
    if not known or spec.source is None:
        return spec
    subjects = [late.subject for late in known]
    found = [record for record in spec.late.records(spec.domain) if record.subject in subjects]
    return replace(spec, source=merged(spec.source, found), late=spec.late.without(subjects))


def end_of(alias: Record, zone: LazyNames, secret: Collection[str]) -> End:
    """Follow an ALIAS through its own zone, over CNAMEs and other ALIAS.

    Raises:
        AliasError: it leads to no address, in a ring, or to a set that is `secret`: what stands there would be
            published, or asked of a resolver.
    """
    name, passed = alias.rdata, {alias.owner}
    while (owner := zone.relative(name)) is not None and zone.cut_above(owner) is None:
        if owner in passed:
            raise AliasError(
                f"{alias.subject} leads in a ring, back to {name}; point it elsewhere", field=alias.subject
            )
        passed.add(owner)
        types = zone.answers(owner)
        source, on = zone.source(owner), types.intersection(ALIASES)
        if hidden := [subject for rtype in (*ALIASES, *TYPES) if (subject := f"{source} {rtype}") in secret]:
            raise AliasError(
                f"{alias.subject} leads to {hidden[0]}, whose value is secret, and would publish it",
                field=alias.subject,
            )
        if addresses := types.intersection(TYPES):
            return End(owner=source) if any(zone.values(source, rtype) for rtype in addresses) else End()
        if not on:
            raise AliasError(f"{alias.subject} leads to {name}, which has no address in this zone", field=alias.subject)
        values = [value for rtype in on for value in zone.values(source, rtype)]
        if not values:
            return End()
        name = values[0]
    return End(name=name)


def looked_up(spec: ZoneSpec, served: Sequence[Record], journal: Journal) -> Answers:
    """Return what the names answer to which the ALIAS of a zone lead; `served` are the records that pools publish.

    Every phase of one run gets the same answers, and so does the apply of a plan that a preview saved.

    Raises:
        AliasError: they are too many, or one leads nowhere.
    """
    source = spec.source or ""
    aliases = aliases_of(spec, source)
    if not aliases:
        return {}
    ends = ends_of(spec, aliases, around(spec, source, served))
    names = sorted({end.name for end in ends.values() if end.name})
    if len(names) > NAMES_LIMIT:
        raise AliasError(
            f"ALIAS lead to {len(names)} names, and {NAMES_LIMIT} are looked up at most; share targets, or write A and "
            "AAAA for some",
            field="alias",
        )
    if not names:
        return {}
    if not spec.settings.probe:
        unasked = Answer(why="sophia:probe is off")
        return {Question(name, rtype): unasked for name in names for rtype in TYPES}
    of_run = partial(addresses_of, names, spec.settings.resolver)
    return asked_once([spec.domain, names], spec.settings, journal, of_run, "the targets of ALIAS")


def around(spec: ZoneSpec, text: str, served: Sequence[Record]) -> str:
    """Return the zone that ALIAS are followed in: its text, with what comes late, and what pools publish."""
    return merged(text, [*spec.late.records(spec.domain), *served])


def ends_of(spec: ZoneSpec, aliases: Sequence[Record], zone_text: str) -> dict[str, End]:
    """Return where ALIAS lead, by their owners, in the zone of `around`.

    Raises:
        AliasError: one leads nowhere.
    """
    zone = LazyNames(zone_text, spec.domain, [*spec.late.pending, *spec.pooled])
    return {alias.owner: end_of(alias, zone, spec.late.secret) for alias in aliases}


def aliases_of(spec: ZoneSpec, text: str) -> list[Record]:
    """Return the ALIAS of zone text that are to be looked up; none where the zone's backend has ALIAS."""
    if spec.alias != RESOLVE or f" {ALIAS} " not in text:
        return []
    return [record for record in from_text(text) if record.type == ALIAS]


def asked_once(
    about: Sequence[Any], settings: Settings, journal: Journal, ask: Callable[[], Answers], whose: str
) -> Answers:
    """Return what a resolver answers in this run, or answered when the plan was saved that is applied now.

    `about` tells these questions from others of the run, and is JSON; `ask` asks them, and `whose` names them.
    """
    seed, run = plan_seed(), engine_run()
    asked = [*about, [list(server) for server in settings.resolver]]
    keys = [fingerprint(json.dumps([phase, *asked])) for phase in (seed and f"plan {seed}", run) if phase]
    return journal.once(
        keys,
        AnswerRow,
        lambda: AnswerRow(ask()),
        lambda error: STDERR.say_once(f"what {whose} answer is not journaled: {error}"),
    ).answers
