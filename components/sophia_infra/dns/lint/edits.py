"""Edits for findings with a fix that is surely right: a slip is undone, never a decision taken."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from sophia_infra.advice.model import Edit, Finding
from sophia_infra.dns.lint.caa import MISTAKEN_ISSUERS
from sophia_infra.dns.lint.target import Target, retarget, target_of
from sophia_infra.dns.lint.text import decode, encode
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record
from sophia_infra.dns.spf.record import MECHANISMS, is_policy, parse

# Returns what belongs in place of the record: another, None to remove it, or the same where nothing is wrong with it.
Fix = Callable[[Zone, Record], Record | None]

_BARE_ADDRESS = re.compile(r"\b(ru[af]\s*=\s*|,\s*)(?=[^@\s:;,]+@[^@\s:;,]+(?:[;,\s]|$))")


def proposals(findings: Sequence[Finding], records: Collection[Record], origin: str) -> list[Edit]:
    """Return the edits for those findings that have a mechanical fix, in the order of the findings."""
    zone = Zone(records, origin)
    return list(dict.fromkeys(edit for finding in findings for edit in _edits(finding, zone)))


def _edits(finding: Finding, zone: Zone) -> Iterator[Edit]:
    fix = FIXES.get(finding.code)
    if fix is None:
        return
    owner, _, kind = finding.subject.partition(" ")
    for record in zone.at(owner, kind):
        after = fix(zone, record)
        if after is None:
            yield Edit("remove", record.subject, str(record), "", "proposed", finding.message)
        elif after != record:
            yield Edit("replace", record.subject, str(record), str(after), "proposed", finding.message)


def _add_dot(zone: Zone, record: Record) -> Record:
    name = target_of(record)
    if zone.target(name) is not Target.DOT_MISSING:
        return record
    return retarget(record, name.removesuffix(zone.absolute("@")))


def _remove_dot(zone: Zone, record: Record) -> Record:
    name = target_of(record)
    return retarget(record, name + zone.absolute("@")) if zone.target(name) is Target.DOT_EXTRA else record


def _follow_alias(zone: Zone, record: Record) -> Record:
    """Point at the host that an alias leads to, if that is in this zone."""
    name, seen = target_of(record), set[str]()
    while zone.target(name) is Target.ALIAS and name not in seen:
        seen.add(name)
        answers = zone.answers(zone.relative(name) or "@")
        name = next(answer.rdata for answer in answers if answer.type == "CNAME")
    return retarget(record, name) if zone.target(name) is Target.HOST else record


def _move_owner(zone: Zone, record: Record) -> Record:
    meant = record.owner.removesuffix(zone.origin).rstrip(".") or "@"
    is_alias = record.type == "CNAME"
    taken = zone.at(meant, record.type, "CNAME") or (is_alias and (meant == "@" or meant in zone.by_name))
    return record if taken else record._replace(owner=meant)


def _drop_null_mx(zone: Zone, record: Record) -> Record | None:
    return None if record.rdata.endswith(" .") else record


def _drop(zone: Zone, record: Record) -> None:
    return None


def _end_softly(zone: Zone, record: Record) -> Record:
    text = decode(record.rdata)
    softened = re.sub(r"(?<=\s)\+?all(?=\s|$)", "~all", text, flags=re.IGNORECASE)
    return record._replace(rdata=encode(softened)) if is_policy(text) and softened != text else record


def _unwrap_spf(zone: Zone, record: Record) -> Record:
    text = decode(record.rdata).strip(" \t\"'\u2018\u2019\u201c\u201d")
    others = any(is_policy(other) for other in zone.texts_by_name.get(record.owner, ()))
    if others or not is_policy(text) or parse(text).faults:
        return record
    return record._replace(rdata=encode(text))


def _write_colon(zone: Zone, record: Record) -> Record:
    text = decode(record.rdata)
    ignored = [term for term in parse(text).terms if term.is_modifier and term.name in MECHANISMS]
    for term in ignored:
        text = text.replace(f"{term.name}={term.value}", f"{term.name}:{term.value}")
    return record if not ignored or parse(text).faults else record._replace(rdata=encode(text))


def _publish_as_txt(zone: Zone, record: Record) -> Record:
    return record._replace(type="TXT")


def _move_dmarc(zone: Zone, record: Record) -> Record:
    text = decode(record.rdata)
    right = "_dmarc" if record.owner == "@" else "_" + record.owner
    misplaced = text.startswith("v=DMARC1") and not zone.exists(right)
    return record._replace(owner=right) if misplaced else record


def _add_mailto(zone: Zone, record: Record) -> Record:
    text = decode(record.rdata)
    mended = _BARE_ADDRESS.sub(r"\1mailto:", text)
    return record._replace(rdata=encode(mended)) if mended != text else record


def _name_issuer(zone: Zone, record: Record) -> Record:
    flags, tag, value = record.rdata.split(" ", 2)
    issuer, *rest = decode(value).split(";")
    right = MISTAKEN_ISSUERS.get(issuer.strip().lower())
    return record._replace(rdata=f"{flags} {tag} {encode(';'.join((right, *rest)))}") if right else record


FIXES: dict[str, Fix] = {
    "target-lacks-dot": _add_dot,
    "target-excess-dot": _remove_dot,
    "owner-repeats-origin": _move_owner,
    "mx-target-is-cname": _follow_alias,
    "ns-target-is-cname": _follow_alias,
    "srv-target-is-cname": _follow_alias,
    "null-mx-with-others": _drop_null_mx,
    "ds-at-apex": _drop,
    "spf-plus-all": _end_softly,
    "spf-term-ignored": _write_colon,
    "spf-mangled": _unwrap_spf,
    "spf-type-99": _publish_as_txt,
    "dmarc-misplaced": _move_dmarc,
    "dmarc-report-address": _add_mailto,
    "caa-issuer-mistaken": _name_issuer,
}
