"""Edits for findings with a fix that is surely right: a slip is undone, never a decision taken."""

from collections.abc import Callable, Collection, Iterator, Sequence

from sophia_infra.advice.model import Edit, Finding
from sophia_infra.dns.lint import slips, text_slips
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import Record

# Returns what belongs in place of the record: another, None to remove it, or the same where nothing is wrong with it.
Fix = Callable[[Zone, Record], Record | None]


def proposals(findings: Sequence[Finding], records: Collection[Record], origin: str) -> list[Edit]:
    """Return the edits for those findings that have a mechanical fix, in the order of the findings.

    A record gets one edit at a time; what else is wrong with it is found again once that is applied. None only adds a
    record: nothing in the program would say when it has served its purpose.
    """
    zone = Zone(records, origin)
    found: dict[str, Edit] = {}
    for edit in (edit for finding in findings for edit in _edits(finding, zone)):
        found.setdefault(edit.before, edit)
    return list(found.values())


def _edits(finding: Finding, zone: Zone) -> Iterator[Edit]:
    owner, _, kind = finding.subject.partition(" ")
    if fix := FIXES.get(finding.code):
        for record in zone.at(owner, kind):
            yield from _change(record, fix(zone, record), finding.message)


def _change(before: Record, after: Record | None, why: str) -> Iterator[Edit]:
    if after is None:
        yield Edit("remove", before.subject, str(before), "", "proposed", why)
    elif after != before:
        yield Edit("replace", before.subject, str(before), str(after), "proposed", why)


FIXES: dict[str, Fix] = {
    "caa-iodef-invalid": slips.add_report_scheme,
    "caa-issuer-mistaken": slips.name_issuer,
    "caa-issuer-misspelled": slips.name_issuer,
    "caa-tag-unknown": slips.spell_tag,
    "cname-chain-long": slips.follow_alias,
    "dmarc-misplaced": text_slips.move_dmarc,
    "dmarc-report-address": text_slips.add_mailto,
    "dmarc-syntax": text_slips.correct_dmarc,
    "ds-at-apex": slips.drop,
    "mta-sts-syntax": text_slips.correct_sts,
    "mx-target-is-cname": slips.follow_alias,
    "ns-target-is-cname": slips.follow_alias,
    "null-mx-with-others": slips.drop_null,
    "owner-repeats-origin": slips.move_owner,
    "soa-mailbox": slips.mend_soa_names,
    "soa-name-lacks-dot": slips.mend_soa_names,
    "spf-after-all": text_slips.drop_lost_terms,
    "spf-mangled": text_slips.unwrap_spf,
    "spf-plus-all": text_slips.end_softly,
    "spf-syntax": text_slips.correct_spf,
    "spf-term-ignored": text_slips.correct_spf,
    "spf-type-99": text_slips.publish_as_txt,
    "srv-null-with-others": slips.drop_null,
    "srv-owner": slips.swap_labels,
    "srv-target-is-cname": slips.follow_alias,
    "svcb-hint-differs": slips.correct_hints,
    "target-excess-dot": slips.remove_dot,
    "target-lacks-dot": slips.add_dot,
    "tls-report-syntax": text_slips.add_mailto,
    "ttl-too-long": slips.shorten_ttl,
    "txt-quotes": text_slips.unquote,
}
