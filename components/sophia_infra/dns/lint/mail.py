"""Mail beyond SPF, DKIM and DMARC: null MX, missing policies, MTA-STS and TLS reporting."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.dmarc import RESEMBLES_DMARC, is_organization, meant_as_dmarc, report_addresses
from sophia_infra.dns.lint.fix import Change, fix, fix_set, is_free
from sophia_infra.dns.lint.mail_services import service_of
from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Problem, rule
from sophia_infra.dns.lint.sender_policy import RESEMBLES_SPF
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.rtype import target_of
from sophia_infra.dns.rr.txt import decode, encode, quote, tags, with_text
from sophia_infra.dns.zone.index import Zone, labels
from sophia_infra.dns.zone.target import Target

_STS_START, _REPORT_START = re.compile("v=STSv1"), re.compile("v=TLSRPTv1")
_PLACES = {"v=STSv1": "_mta-sts", "v=TLSRPTv1": "_smtp._tls", "v=BIMI1": "default._bimi"}
_STS_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_MEANT_REPORT = re.compile(r"\s*v\s*=\s*tlsrptv?1\s*[;,\s]\s*", re.IGNORECASE)
# The names that a policy is put at by mistake, by how its text starts; the right one comes first.
_MISTAKEN_PLACES = {
    "v=TLSRPTv1": (
        "_smtp._tls",
        "smtp._tls",
        "_smtp.tls",
        "smtp.tls",
        "_tls._smtp",
        "_tls",
        "_smtp_tls",
        "_smtp-tls",
        "_tlsrpt",
    ),
    "v=BIMI1": ("default._bimi", "default.bimi", "default_bimi", "_bimi", "bimi"),
}


@rule("null-mx-with-others", "A null MX stands beside other MX", ERROR)
def null_mx_with_others(zone: Zone) -> Iterator[Problem]:
    """RFC 7505 section 3: a domain that accepts no mail has the null MX alone."""
    for owner, records in zone.several("MX").items():
        null = [record for record in records if record.rdata.endswith(" .")]
        if null and len(null) < len(records):
            why = "The null MX says that the domain takes no mail, and the other MX say that it does."
            yield Problem(f"{owner} MX", why, "Remove the null MX, or all the others.")


@rule("mail-without-spf", "A domain with mail has no SPF record", INFO)
def mail_without_spf(zone: Zone) -> Iterator[Problem]:
    """Large receivers refuse or junk mail from domains with neither SPF nor DKIM."""
    if _has_mail(zone) and "@ TXT" not in zone.pending and not _any(zone, "@", RESEMBLES_SPF):
        why = "The domain receives mail and says of no server that it may send in its name."
        yield Problem("@ TXT", why, "Add an SPF record that lists the servers which send for the domain.")


@fix_set("mail-without-spf")
def pass_own_service(zone: Zone, owner: str, kind: str) -> Change | None:
    """Pass the servers of the service that takes the domain's mail, or its own ones, and say nothing of others.

    The end is `?all`, which receivers treat as no record at all (RFC 7208 section 8.2): no mail fares worse.
    """
    exchanges = tuple(zone.at("@", "MX"))
    hosts = [target_of(record) for record in exchanges]
    services = {service_of(host) for host in hosts}
    if all(zone.target(host) is Target.HOST and zone.relative(host) for host in hosts):
        return _added(zone, exchanges, owner, "v=spf1 mx ?all")
    service = services.pop() if len(services) == 1 else None
    return _added(zone, exchanges, owner, f"v=spf1 include:{service.include} ?all") if service else None


@rule("mail-without-dmarc", "A domain with mail has no DMARC record", INFO)
def mail_without_dmarc(zone: Zone) -> Iterator[Problem]:
    """Large receivers ask bulk senders for DMARC, and only DMARC lets SPF and DKIM protect the visible sender."""
    known = _has_text(zone, "_dmarc", RESEMBLES_DMARC) or _any(zone, "@", RESEMBLES_DMARC)
    if _has_mail(zone) and not known and is_organization(zone):
        why = "The domain has mail but no DMARC policy, so anyone can forge the sender that people see."
        yield Problem("_dmarc TXT", why, "Add `v=DMARC1; p=none; rua=mailto:...` first, and tighten it later.")
    elif _has_mail(zone) and not known:
        why = "The domain has mail but no DMARC policy of its own: that of the domain above it counts, if there is one."
        yield Problem("_dmarc TXT", why, "Look at the policy above; where there is none, add one with `p=none` first.")


def _has_mail(zone: Zone) -> bool:
    return any(not record.rdata.endswith(" .") for record in zone.at("@", "MX"))


def _any(zone: Zone, owner: str, pattern: re.Pattern[str]) -> bool:
    return any(pattern.match(text) for text in zone.texts_by_name.get(owner, ()))


def _has_text(zone: Zone, owner: str, pattern: re.Pattern[str]) -> bool:
    """Whether somebody who asks for TXT gets a text of their own there, or one like `pattern` from a wildcard.

    A name that exists with other types, or through names below it, answers with nothing.
    """
    if zone.is_pending(owner) or zone.is_beyond(owner) or zone.at(owner, "TXT", "CNAME"):
        return True
    lent = [record for record in zone.answers(owner) if record.type in {"TXT", "CNAME"}]
    return any(record.type == "CNAME" or pattern.match(decode(record.rdata)) for record in lent)


@fix_set("mail-without-dmarc")
def ask_for_nothing(zone: Zone, owner: str, kind: str) -> Change | None:
    """Say `p=none`: senders of much mail are asked for a record, and this one changes no delivery.

    It names no address for reports: whose mailbox is to take them, only a person knows. A domain below another one is
    left to people, since its own policy takes the place of the other's; so is one whose policy stands elsewhere.
    """
    misplaced = (one for one, text in zone.texts if meant_as_dmarc(text) and "_dmarc" not in labels(one.owner))
    if not is_organization(zone) or any(misplaced):
        return None
    exchanges = tuple(record for record in zone.at("@", "MX") if not record.rdata.endswith(" ."))
    return _added(zone, exchanges[:1], owner, "v=DMARC1; p=none")


@rule(
    "mta-sts-syntax",
    "The MTA-STS record can't be read",
    ERROR,
    no_edit="whether the policy is ready for all senders, only you know",
)
def mta_sts_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 8461 section 3.1: exactly one record, `v=STSv1; id=...`, where the id is 1 to 32 letters and digits."""
    for owner, texts in _service_texts(zone, "_mta-sts", "v=sts", "version:sts"):
        fault = sts_fault(texts)
        if fault:
            why = f"The MTA-STS record {fault}, so senders ignore the policy."
            yield Problem(f"{owner} TXT", why, "Write one record `v=STSv1; id=20260101000000;`, with your own id.")


def sts_fault(texts: list[str]) -> str:
    """Return what is wrong with the MTA-STS records of a name in one phrase, or nothing."""
    if len(texts) > 1:
        return "stands there more than once"
    found = tags(texts[0])
    if found[0] != ("v", "STSv1"):
        return f"does not start with `v=STSv1`: {quote(texts[0])}"
    value = dict(found).get("id", "")
    return "" if _STS_ID.fullmatch(value) else f"needs an id of 1 to 32 letters and digits, not {quote(value)}"


@rule(
    "mta-sts-without-host",
    "MTA-STS is announced and its policy can't be fetched",
    WARNING,
    no_edit="the policy has to be served first",
)
def mta_sts_without_host(zone: Zone) -> Iterator[Problem]:
    """RFC 8461 section 3.3: the policy is fetched from the host `mta-sts` of the domain."""
    for owner, _ in _service_texts(zone, "_mta-sts", "v=sts"):
        host = owner[1:]
        if zone.target(zone.absolute(host)) in {Target.MISSING, Target.EMPTY}:
            why = f"Senders fetch the policy from {quote(zone.absolute(host))}, which has no address."
            yield Problem(f"{owner} TXT", why, "Add the host and serve the policy there, or remove the record.")


@rule(
    "mta-sts-without-record",
    "There is a host for an MTA-STS policy, and no record that announces it",
    INFO,
    no_edit="whether the policy is ready for all senders, only you know",
)
def mta_sts_without_record(zone: Zone) -> Iterator[Problem]:
    """RFC 8461 section 3.1: senders fetch the policy only where `_mta-sts` says that there is one."""
    for owner, records in zone.by_name.items():
        if owner.partition(".")[0] == "mta-sts" and not _has_text(zone, f"_{owner}", _STS_START):
            why = f"Senders fetch no policy from {quote(owner)}, because {quote(f'_{owner}')} does not announce it."
            yield Problem(records[0].subject, why, f"Add a TXT record at {quote(f'_{owner}')}, or remove the host.")


@rule("mta-sts-without-reports", "MTA-STS is announced, and nobody is told when it fails", INFO)
def mta_sts_without_reports(zone: Zone) -> Iterator[Problem]:
    """RFC 8461 section 1, RFC 8460: reports show what a policy in mode `enforce` would keep away."""
    for owner, _ in _service_texts(zone, "_mta-sts", "v=sts"):
        report = f"_smtp._tls{owner.removeprefix('_mta-sts')}"
        if not _has_text(zone, report, _REPORT_START):
            why = "Senders that can't deliver because of MTA-STS have nobody to tell."
            yield Problem(f"{report} TXT", why, "Add `v=TLSRPTv1; rua=mailto:...` there.")


@fix_set("mta-sts-without-reports")
def report_where_dmarc_does(zone: Zone, owner: str, kind: str) -> Change | None:
    """Have TLS reports sent where DMARC reports go, if that is a mailbox of this domain."""
    domain = owner.removeprefix("_smtp._tls")
    policies, announced = zone.at(f"_dmarc{domain}", "TXT"), zone.at(f"_mta-sts{domain}", "TXT")
    for policy in policies if len(policies) == 1 else ():
        own = [one for one in dict(tags(decode(policy.rdata))).get("rua", "").split(",") if _is_own(zone, one)]
        return _added(zone, (*announced, policy), owner, f"v=TLSRPTv1; rua={own[0].strip()}") if own else None
    return None


def _is_own(zone: Zone, address: str) -> bool:
    return re.fullmatch(rf"\s*mailto:[^@!\s]+@{re.escape(zone.origin)}\s*", address, re.IGNORECASE) is not None


def _added(zone: Zone, anchors: tuple[Record, ...], owner: str, text: str) -> Change | None:
    """Return a change that adds a text for as long as these records are asked for, with the TTL of its set."""
    beside = zone.at(owner, "TXT")
    ttl = min(record.ttl for record in beside or anchors)
    return Change(anchors, (*anchors, Record(owner, ttl, "TXT", encode(text))))


@rule("tls-report-syntax", "The TLS reporting record can't be read", WARNING)
def tls_report_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 8460 section 3: one record, `v=TLSRPTv1; rua=` and addresses with `mailto:` or `https:`."""
    for owner, texts in _service_texts(zone, "_smtp._tls", "v=tlsrpt"):
        fault = _report_fault(texts)
        if fault:
            why = f"The TLS reporting record {fault}, so no report arrives."
            yield Problem(f"{owner} TXT", why, "Write one record `v=TLSRPTv1; rua=mailto:...`.")


def _report_fault(texts: list[str]) -> str:
    if len(texts) > 1:
        return "stands there more than once"
    found = tags(texts[0])
    if found[0] != ("v", "TLSRPTv1"):
        return f"does not start with `v=TLSRPTv1`: {quote(texts[0])}"
    addresses = dict(found).get("rua", "")
    if all(one.strip().startswith(("mailto:", "https:")) for one in addresses.split(",")):
        return ""
    return f"names an address that is neither `mailto:` nor `https:`: {quote(addresses)}"


@fix("tls-report-syntax")
def correct_tls_report(zone: Zone, record: Record) -> Record:
    """Begin a TLS reporting record as senders read it, and write its addresses with `mailto:`."""
    text = decode(record.rdata)
    begun = _MEANT_REPORT.sub("v=TLSRPTv1; ", text, count=1)
    return with_text(record, report_addresses(begun, also=("https:",))) if _MEANT_REPORT.match(text) else record


@rule("mail-policy-misplaced", "An MTA-STS, TLS reporting or BIMI record stands where nobody looks", ERROR)
def mail_policy_misplaced(zone: Zone) -> Iterator[Problem]:
    """RFC 8461 section 3.1, RFC 8460 section 3, BIMI's draft section 4.2. Targets of aliases are exempt."""
    for record, text in zone.texts:
        right = next((place for start, place in _PLACES.items() if text.startswith(start)), "")
        placed = f"{record.owner}.".startswith(f"{right}.") or (right.endswith("._bimi") and "._bimi" in record.owner)
        if right and not placed and (record.owner == "@" or record.owner not in zone.alias_targets):
            why = f"This policy is looked for at {quote(right)}, and never at {quote(record.owner)}."
            yield Problem(record.subject, why, f"Move the record to {quote(right)}.")


def _service_texts(zone: Zone, prefix: str, *starts: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the owners that start with `prefix` and their texts that start with one of `starts`, in any case."""
    for owner, texts in zone.texts_by_name.items():
        if owner == prefix or owner.startswith(f"{prefix}."):
            found = [text for text in texts if text.replace(" ", "").lower().startswith(starts)]
            if found:
                yield owner, found


@fix("mail-policy-misplaced")
def move_policy(zone: Zone, record: Record) -> Record:
    """Move what asks for reports or names a logo from a mistaken place to its own name, where that is free."""
    for start, (right, *wrong) in _MISTAKEN_PLACES.items():
        place = next((one for one in ("@", *wrong) if f"{record.owner}.".startswith(f"{one}.")), None)
        owner = f"{right}{record.owner.removeprefix(place or '')}"
        slipped = place and "._" not in record.owner.removeprefix(place)
        if slipped and decode(record.rdata).startswith(start) and is_free(zone, owner):
            return record._replace(owner=owner)
    return record
