"""Rules over MTA-STS and TLS reporting, each with the fix that mends its findings."""

import re
from collections.abc import Iterator

from sophia_infra.dns.dmarc.record import reports_of
from sophia_infra.dns.dmarc.spelling import report_addresses
from sophia_infra.dns.lint.mail import added, has_text
from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Change, Problem, fix, fix_set, rule
from sophia_infra.dns.mta_sts.record import fault, is_policy, is_report
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, quote, with_text
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, resolve

_REPORT_START = re.compile(r"\s*v\s*=\s*tlsrptv?1\s*[;,\s]\s*", re.IGNORECASE)


@rule("mta-sts-syntax", ERROR, no_edit="whether the policy is ready for all senders, only you know")
def mta_sts_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 8461 section 3.1: exactly one record, `v=STSv1; id=...`, where the id is 1 to 32 letters and digits."""
    for owner, texts in _texts(zone, "_mta-sts", "v=sts", "version:sts"):
        if phrase := fault(texts, "STSv1"):
            why = f"The MTA-STS record {phrase}, so senders ignore the policy."
            yield Problem(f"{owner} TXT", why, "Write one record `v=STSv1; id=20260101000000;`, with your own id.")


def _texts(zone: Zone, prefix: str, *starts: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the owners that start with `prefix` and their texts that start with one of `starts`, in any case."""
    for owner, texts in zone.texts_by_name.items():
        if owner == prefix or owner.startswith(f"{prefix}."):
            found = [text for text in texts if text.replace(" ", "").lower().startswith(starts)]
            if found:
                yield owner, found


@rule("mta-sts-without-host", WARNING, no_edit="the policy has to be served first")
def mta_sts_without_host(zone: Zone) -> Iterator[Problem]:
    """RFC 8461 section 3.3: the policy is fetched from the host `mta-sts` of the domain."""
    for owner, _ in _texts(zone, "_mta-sts", "v=sts"):
        host = owner[1:]
        if resolve(zone, zone.absolute(host)) in {Target.MISSING, Target.EMPTY}:
            why = f"Senders fetch the policy from {quote(zone.absolute(host))}, which has no address."
            yield Problem(f"{owner} TXT", why, "Add the host and serve the policy there, or remove the record.")


@rule("mta-sts-without-record", INFO, no_edit="whether the policy is ready for all senders, only you know")
def mta_sts_without_record(zone: Zone) -> Iterator[Problem]:
    """RFC 8461 section 3.1: senders fetch the policy only where `_mta-sts` says that there is one."""
    for owner, records in zone.by_name.items():
        if owner.partition(".")[0] == "mta-sts" and not has_text(zone, f"_{owner}", is_policy):
            why = f"Senders fetch no policy from {quote(owner)}, because {quote(f'_{owner}')} does not announce it."
            yield Problem(records[0].subject, why, f"Add a TXT record at {quote(f'_{owner}')}, or remove the host.")


@rule("mta-sts-without-reports", INFO)
def mta_sts_without_reports(zone: Zone) -> Iterator[Problem]:
    """RFC 8461 section 1, RFC 8460: reports show what a policy in mode `enforce` would keep away."""
    for owner, _ in _texts(zone, "_mta-sts", "v=sts"):
        report = f"_smtp._tls{owner.removeprefix('_mta-sts')}"
        if not has_text(zone, report, is_report):
            why = "Senders that can't deliver because of MTA-STS have nobody to tell."
            yield Problem(f"{report} TXT", why, "Add `v=TLSRPTv1; rua=mailto:...` there.")


@fix_set("mta-sts-without-reports")
def report_where_dmarc_does(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Have TLS reports sent where DMARC reports go, if that is a mailbox of this domain."""
    domain = owner.removeprefix("_smtp._tls")
    policies, announced = zone.at(f"_dmarc{domain}", "TXT"), zone.at(f"_mta-sts{domain}", "TXT")
    for policy in policies if len(policies) == 1 else ():
        mailboxes = dict(reports_of(decode(policy.rdata))).get("rua", [])
        form = re.compile(rf"mailto:[^@!\s]+@{re.escape(zone.origin)}", re.IGNORECASE)
        own = list(filter(form.fullmatch, mailboxes))
        return added(zone, (*announced, policy), owner, f"v=TLSRPTv1; rua={own[0]}") if own else None
    return None


@rule("tls-report-syntax", WARNING)
def tls_report_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 8460 section 3: one record, `v=TLSRPTv1; rua=` and addresses with `mailto:` or `https:`."""
    for owner, texts in _texts(zone, "_smtp._tls", "v=tlsrpt"):
        if phrase := fault(texts, "TLSRPTv1"):
            why = f"The TLS reporting record {phrase}, so no report arrives."
            yield Problem(f"{owner} TXT", why, "Write one record `v=TLSRPTv1; rua=mailto:...`.")


@fix("tls-report-syntax")
def correct_tls_report(zone: Zone, record: Record) -> Record:
    """Begin a TLS reporting record as senders read it, and write its addresses with `mailto:`."""
    text = decode(record.rdata)
    begun = _REPORT_START.sub("v=TLSRPTv1; ", text, count=1)
    return with_text(record, report_addresses(begun, also=("https:",))) if _REPORT_START.match(text) else record
