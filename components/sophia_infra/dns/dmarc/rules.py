"""Rules over DMARC records, each with the fix that mends its findings.

No edit has mail refused that is taken today, or taken that is refused: a policy that was in force before the change is
written again. Where a record does not count as it stands, its policy is mended if it is `none`, or what it was; any
other is for people to switch on.
"""

from collections.abc import Iterator

from sophia_infra import suffixes
from sophia_infra.dns.dmarc.record import POLICIES, faults, is_found, is_meant, is_report_address, reports_of
from sophia_infra.dns.dmarc.spelling import asks_for_more, corrected, report_addresses
from sophia_infra.dns.lint.mail import added, has_mail, has_text
from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Change, Problem, fix, fix_set, is_free, rule
from sophia_infra.dns.lint.spelling import is_one_off
from sophia_infra.dns.rr.record import Record, labels
from sophia_infra.dns.rr.txt import decode, quote, tags, with_text
from sophia_infra.dns.zone.index import Zone


def _policies(zone: Zone) -> Iterator[tuple[str, list[str]]]:
    """Yield the owners where receivers look for DMARC, with the texts there that are meant as such."""
    for owner, texts in zone.texts_by_name.items():
        if owner == "_dmarc" or owner.startswith("_dmarc."):
            meant = list(filter(is_meant, texts))
            yield owner, meant or texts


def _is_organization(zone: Zone) -> bool:
    """Whether no domain above the zone may have a DMARC policy that counts for it (RFC 7489 section 3.2)."""
    return suffixes.is_registrable(zone.origin)


@rule("mail-without-dmarc", INFO)
def mail_without_dmarc(zone: Zone) -> Iterator[Problem]:
    """Large receivers ask bulk senders for DMARC, and only DMARC lets SPF and DKIM protect the visible sender."""
    known = has_text(zone, "_dmarc", is_meant) or any(map(is_meant, zone.texts_by_name.get("@", ())))
    if has_mail(zone) and not known and _is_organization(zone):
        why = "The domain has mail but no DMARC policy, so anyone can forge the sender that people see."
        yield Problem("_dmarc TXT", why, "Add `v=DMARC1; p=none; rua=mailto:...` first, and tighten it later.")
    elif has_mail(zone) and not known:
        why = "The domain has mail but no DMARC policy of its own: that of the domain above it counts, if there is one."
        yield Problem("_dmarc TXT", why, "Look at the policy above; where there is none, add one with `p=none` first.")


@fix_set("mail-without-dmarc")
def ask_for_nothing(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Say `p=none`: senders of much mail are asked for a record, and this one changes no delivery.

    It names no address for reports: whose mailbox is to take them, only a person knows. A domain below another one is
    left to people, since its own policy takes the place of the other's; so is one whose policy stands elsewhere.
    """
    misplaced = (record for record, text in zone.texts if is_meant(text) and "_dmarc" not in labels(record.owner))
    if not _is_organization(zone) or any(misplaced):
        return None
    exchanges = tuple(record for record in zone.at("@", "MX") if not record.rdata.endswith(" ."))
    return added(zone, exchanges[:1], owner, "v=DMARC1; p=none")


@rule("dmarc-multiple", ERROR)
def dmarc_multiple(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.6.3: with more than one record, DMARC is not applied."""
    for owner, texts in _policies(zone):
        count = len(set(texts))
        if count > 1:
            yield Problem(f"{owner} TXT", f"Receivers that find {count} DMARC records apply none.", "Keep one of them.")


@fix_set("dmarc-multiple")
def keep_mildest(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Keep the one record that receivers read; of several, none of which was applied, one where all ask for nothing."""
    records = [record for record in zone.at(owner, rtype) if is_meant(decode(record.rdata))]
    sound = [record for record in records if not faults(decode(record.rdata))]
    if not sound:
        return None
    # Of several that receivers find, none counts yet: one that stays alone must not refuse mail from now on.
    is_applied = sum(is_found(decode(record.rdata)) for record in records) == 1
    is_open = not is_applied and any(asks_for_more(corrected(decode(record.rdata))) for record in records)
    return None if is_open else Change(tuple(records), (min(sound, key=_demand),))


def _demand(record: Record) -> tuple[int, bool]:
    """Return how much a sound record asks for, and whether it asks for no reports."""
    values = dict(tags(decode(record.rdata)))
    return POLICIES.index(values["p"].lower()), "rua" not in values


@rule("dmarc-syntax", ERROR, WARNING)
def dmarc_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.3. A fault in `v`, `p` or `sp` voids the policy; one in another tag voids that tag.

    Without `p`, but with an address for reports, a record counts as `p=none` (section 6.6.3).
    """
    for owner, texts in _policies(zone):
        for text in texts:
            for fault, level in faults(text):
                way_out = "Write `v=DMARC1; p=none` (or `quarantine`, `reject`), then further tags after semicolons."
                yield Problem(f"{owner} TXT", f"The DMARC record {fault}.", way_out, level)


@fix("dmarc-syntax")
def correct_dmarc(zone: Zone, record: Record) -> Record:
    """Write a DMARC record as receivers read it, and drop the tags that they ignore."""
    text = decode(record.rdata)
    is_alone = sum(is_meant(decode(other.rdata)) for other in zone.at(record.owner, "TXT")) == 1
    before = _in_force(zone, record)
    right = corrected(text, before) if faults(text) and is_alone else text
    if faults(right):
        return record
    # It counts as it stands, so what it asks for does not change.
    if all(level is not ERROR for _, level in faults(text)) and "p" in dict(tags(text)):
        return with_text(record, right)
    is_for_itself = record.owner == "_dmarc" and _is_organization(zone)
    is_mild = not asks_for_more(right, before) and (is_found(text) or is_for_itself)
    return with_text(record, right) if is_mild else record


def _in_force(zone: Zone, record: Record) -> str:
    """Return the policy that receivers applied in full before the change, `none` where there was no such one."""
    texts = [text for other in zone.was(record) if is_meant(text := decode(other.rdata))]
    found = dict(tags(texts[0])) if len(texts) == 1 and not faults(texts[0]) else {}
    return "none" if {"pct", "t"} & found.keys() else found.get("p", "none").lower()


@rule("dmarc-report-address", WARNING)
def dmarc_report_address(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.2: report addresses are URIs, in practice `mailto:` ones, separated by commas."""
    for owner, texts in _policies(zone):
        for name, addresses in (reports for text in texts for reports in reports_of(text)):
            wrong = [address for address in addresses if not is_report_address(address)]
            if wrong:
                why = f"{quote(wrong[0])} in `{name}=` is no `mailto:` address, so no report arrives."
                yield Problem(f"{owner} TXT", why, f"Write `{name}=mailto:name@domain`.")


@fix("dmarc-report-address")
def correct_report_addresses(zone: Zone, record: Record) -> Record:
    """Write report addresses with `mailto:` and commas between, and drop what is none where others are left."""
    return with_text(record, report_addresses(decode(record.rdata)))


@rule("dmarc-report-unauthorized", WARNING, no_edit="the record belongs in the other domain's zone")
def dmarc_report_unauthorized(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 7.1: the other domain says so at `<domain>._report._dmarc`. Judged where its zone is at hand."""
    for owner, texts in _policies(zone) if zone.beside else ():
        domain = zone.absolute(owner.removeprefix("_dmarc").removeprefix(".") or "@")[:-1]
        for address in (address for text in texts for _, addresses in reports_of(text) for address in addresses):
            other = zone.neighbour(address.partition("@")[2].partition("!")[0].strip().lower())
            permission = f"{domain}._report._dmarc"
            if other is not None and not domain.endswith(f".{other.origin}") and not other.exists(permission):
                why = f"{quote(other.origin)} does not say that it takes reports on {quote(domain)}, so none are sent."
                yield Problem(f"{owner} TXT", why, f"Add `v=DMARC1` as TXT at {quote(other.absolute(permission))}.")


@rule("dmarc-misplaced", ERROR, WARNING)
def dmarc_misplaced(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.1: the record stands at `_dmarc` below the domain.

    Only the usual slips are reported: at the apex, at `dmarc` without the underscore, or at a name a letter away.
    """
    for record, text in zone.texts:
        right = is_meant(text) and _meant_place(record.owner)
        if right and (record.owner == "@" or record.owner not in zone.alias_targets):
            why = f"Receivers look for DMARC at {quote(right)} and never at {quote(record.owner)}."
            taken = zone.at(right, "TXT", "CNAME") or zone.is_pending(right) or zone.is_beyond(right)
            yield Problem(record.subject, why, f"Move the record to {quote(right)}.", WARNING if taken else None)


def _meant_place(owner: str) -> str:
    """Return the name that a DMARC record at a mistaken one was meant for; nothing for any other name."""
    first, *rest = labels(owner)
    if first == "_dmarc":
        return ".".join(rest) if rest[:1] == [first] else ""
    slipped = first == "@" or (first.strip("-_").isalpha() and is_one_off(first, "_dmarc"))
    return ".".join(("_dmarc", *rest)) if slipped else ""


@fix("dmarc-misplaced")
def move_dmarc(zone: Zone, record: Record) -> Record:
    """Move a DMARC record to `_dmarc`, where that is free and nobody else's policy counts."""
    text, right = decode(record.rdata), _meant_place(record.owner)
    counts_for_nobody = right == "_dmarc" and _is_organization(zone) and zone.wildcard_over(right) is None
    if not (counts_for_nobody and text.startswith("v=DMARC1") and is_free(zone, right)):
        return record
    return record if asks_for_more(text) else record._replace(owner=right)
