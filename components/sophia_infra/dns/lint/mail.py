"""Mail beyond SPF, DKIM and DMARC: null MX, missing policies, MTA-STS and TLS reporting."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.dmarc import RESEMBLES_DMARC, is_organization
from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Problem, rule
from sophia_infra.dns.lint.sender_policy import RESEMBLES_SPF
from sophia_infra.dns.rr.txt import decode, quote, tags
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target

_STS_START, _REPORT_START = re.compile("v=STSv1"), re.compile("v=TLSRPTv1")
_PLACES = {"v=STSv1": "_mta-sts", "v=TLSRPTv1": "_smtp._tls", "v=BIMI1": "default._bimi"}
_STS_ID = re.compile(r"[A-Za-z0-9]{1,32}")


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


@rule("mta-sts-syntax", "The MTA-STS record can't be read", ERROR)
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


@rule("mta-sts-without-host", "MTA-STS is announced and its policy can't be fetched", WARNING)
def mta_sts_without_host(zone: Zone) -> Iterator[Problem]:
    """RFC 8461 section 3.3: the policy is fetched from the host `mta-sts` of the domain."""
    for owner, _ in _service_texts(zone, "_mta-sts", "v=sts"):
        host = owner[1:]
        if zone.target(zone.absolute(host)) in {Target.MISSING, Target.EMPTY}:
            why = f"Senders fetch the policy from {quote(zone.absolute(host))}, which has no address."
            yield Problem(f"{owner} TXT", why, "Add the host and serve the policy there, or remove the record.")


@rule("mta-sts-without-record", "There is a host for an MTA-STS policy, and no record that announces it", INFO)
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
