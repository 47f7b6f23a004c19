"""What receives mail: where its policies stand, how they are written, and those that can be added without a guess."""

import re

from sophia_infra.dns.lint.dmarc import is_organization, meant_as_dmarc
from sophia_infra.dns.lint.fixes.dmarc import report_addresses
from sophia_infra.dns.lint.fixes.fix import Change, fix, fix_set
from sophia_infra.dns.lint.fixes.names import is_free
from sophia_infra.dns.lint.mail_services import service_of
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, encode, tags, with_text
from sophia_infra.dns.zone.index import Zone, labels
from sophia_infra.dns.zone.target import Target, target_of

_REPORT_START = re.compile(r"\s*v\s*=\s*tlsrptv?1\s*[;,\s]\s*", re.IGNORECASE)
# The names that a policy is put at by mistake, by how its text starts; the right one comes first.
_PLACES = {
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


@fix("tls-report-syntax")
def correct_tls_report(zone: Zone, record: Record) -> Record:
    """Begin a TLS reporting record as senders read it, and write its addresses with `mailto:`."""
    text = decode(record.rdata)
    begun = _REPORT_START.sub("v=TLSRPTv1; ", text, count=1)
    return with_text(record, report_addresses(begun, also=("https:",))) if _REPORT_START.match(text) else record


@fix("mail-policy-misplaced")
def move_policy(zone: Zone, record: Record) -> Record:
    """Move what asks for reports or names a logo from a mistaken place to its own name, where that is free."""
    for start, (right, *wrong) in _PLACES.items():
        place = next((one for one in ("@", *wrong) if f"{record.owner}.".startswith(f"{one}.")), None)
        owner = f"{right}{record.owner.removeprefix(place or '')}"
        slipped = place and "._" not in record.owner.removeprefix(place)
        if slipped and decode(record.rdata).startswith(start) and is_free(zone, owner):
            return record._replace(owner=owner)
    return record


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
