"""Rules over how SPF records are written and whom they pass, each with the fix that mends its findings.

`lookup_rules` has those over what a record makes receivers look up.
"""

from collections.abc import Iterator

from sophia_infra.dns.lint.addresses import is_usable
from sophia_infra.dns.lint.mail import added, has_mail, service_of
from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Change, Problem, fix, fix_set, rule
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.rtype import target_of
from sophia_infra.dns.rr.txt import decode, quote, with_text
from sophia_infra.dns.spf.check import Cost, cost
from sophia_infra.dns.spf.record import (
    LOOKUP_LIMIT,
    MECHANISMS,
    VOID_LIMIT,
    Policy,
    Term,
    everybody,
    is_meant,
    is_policy,
    merged,
    parse,
    term_of,
    unlikely,
)
from sophia_infra.dns.spf.spelling import corrected
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.resolver import ZoneResolver
from sophia_infra.dns.zone.target import Target, resolve

# The prefix length of the largest private network, fc00::/7.
_PRIVATE_BITS = 7


def policies(zone: Zone) -> list[tuple[str, Policy]]:
    """Return owner and parsed policy of every SPF record."""
    return [(record.owner, parse(text)) for record, text in zone.texts if is_policy(text)]


def cost_of(zone: Zone, owner: str, policy: Policy) -> Cost:
    """Return what a policy costs to check, as the SPF record of one owner."""
    return cost(zone.absolute(owner)[:-1], policy, ZoneResolver((zone, *zone.beside)))


@rule("mail-without-spf", INFO)
def mail_without_spf(zone: Zone) -> Iterator[Problem]:
    """Large receivers refuse or junk mail from domains with neither SPF nor DKIM."""
    if has_mail(zone) and "@ TXT" not in zone.pending and not any(map(is_meant, zone.texts_by_name.get("@", ()))):
        why = "The domain receives mail and says of no server that it may send in its name."
        yield Problem("@ TXT", why, "Add an SPF record that lists the servers which send for the domain.")


@fix_set("mail-without-spf")
def pass_own_service(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Pass the servers of the service that takes the domain's mail, or its own ones, and say nothing of others.

    The end is `?all`, which receivers treat as no record at all (RFC 7208 section 8.2): no mail fares worse.
    """
    exchanges = tuple(zone.at("@", "MX"))
    hosts = [target_of(record) for record in exchanges]
    services = {service_of(host) for host in hosts}
    if all(resolve(zone, host) is Target.HOST and zone.relative(host) for host in hosts):
        return added(zone, exchanges, owner, "v=spf1 mx ?all")
    service = services.pop() if len(services) == 1 else None
    return added(zone, exchanges, owner, f"v=spf1 include:{service.include} ?all") if service else None


@rule("spf-syntax", ERROR)
def spf_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.6: a fault anywhere makes receivers answer `permerror`.

    A domain that SPF's syntax allows and nobody can have, such as two terms run together, is a fault as well.
    """
    for owner, policy in zone.shared(policies):
        faults = [f"{quote(fault.word)} {fault.what}" for fault in policy.faults] or unlikely(policy)
        if faults:
            why = f"Receivers reject the whole SPF record, because {'; '.join(faults[:3])}."
            yield Problem(f"{owner} TXT", why, "Correct the term, or remove it.")


@rule("spf-term-ignored", ERROR)
def spf_term_ignored(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 6: what has an equals sign is a modifier, and receivers pass over those they don't know."""
    for owner, policy in zone.shared(policies):
        for term in policy.terms:
            if term.is_modifier and term.name in MECHANISMS:
                right = f"{term.name}:{term.value}"
                why = f"Receivers ignore {quote(str(term))}, because of the equals sign."
                yield Problem(f"{owner} TXT", why, f"Write {quote(right)}.")


@fix("spf-syntax", "spf-term-ignored")
def correct_spf(zone: Zone, record: Record) -> Record:
    """Give SPF mechanisms their names, their colon and the blanks between them, where that is all that is wrong."""
    text = decode(record.rdata)
    return _sound(record, corrected(text)) if is_policy(text) else record


def _sound(record: Record, text: str) -> Record:
    """Return the record with another SPF text, or as it was where that has a fault still, or would pass everybody."""
    policy = parse(text)
    is_wrong = not is_policy(text) or policy.faults or unlikely(policy) or everybody(policy)
    return record if is_wrong else with_text(record, text)


@rule("spf-mangled", ERROR)
def spf_mangled(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.5: the record starts with exactly `v=spf1` and a space."""
    for record, text in zone.texts:
        if is_meant(text) and not is_policy(text):
            why = f"An SPF record starts with `v=spf1` and a space; receivers overlook {quote(text)}."
            yield Problem(record.subject, why, "Start it with `v=spf1 `, without blanks or quotes before.")


@fix("spf-mangled")
def begin_spf(zone: Zone, record: Record) -> Record | Change:
    """Begin an SPF record as receivers read it; one that has no start and goes on from another is joined to it."""
    text = decode(record.rdata)
    others = [other for other in zone.at(record.owner, "TXT") if is_policy(decode(other.rdata))]
    if not others:
        return _sound(record, corrected(text))
    first = decode(others[0].rdata)
    # Pasted in two parts, the second goes on where the first has no end yet.
    is_rest = len(others) == 1 and "spf1" not in text.lower() and parse(first).first("all") is None
    joined = _sound(others[0], corrected(f"{first} {text}")) if is_rest else others[0]
    return record if joined == others[0] else Change((others[0], record), (joined,))


@rule("spf-plus-all", ERROR, no_edit="which servers send for the domain, only you know")
def spf_plus_all(zone: Zone) -> Iterator[Problem]:
    """An `all` that passes, or a network of the whole internet, makes every forged message legitimate."""
    for owner, policy in zone.shared(policies):
        term = everybody(policy)
        if term is not None:
            shown = quote(f"+{term.name}:{term.value}".rstrip(":"))
            why = f"{shown} declares every server of the world a legitimate sender for this name."
            yield Problem(f"{owner} TXT", why, "End the record with `~all` or `-all`.")


@rule("spf-private-only", WARNING, no_edit="the servers' public addresses, only you know")
def spf_private_only(zone: Zone) -> Iterator[Problem]:
    """RFC 1918, RFC 4193: no mail comes from such addresses to others, who see a server's public one."""
    for owner, policy in zone.shared(policies) if not zone.is_internal else ():
        passing = [term for term in policy.effective if term.qualifier in {"+", ""} and term.name != "all"]
        if passing and not policy.faults and all(_is_private(zone, term) for term in passing):
            shown = ", ".join(quote(str(term)) for term in passing[:3])
            why = f"{shown} passes servers that only their own network can see, so all other mail does not pass."
            yield Problem(f"{owner} TXT", why, "List the public addresses that the servers send from.")


def _is_private(zone: Zone, term: Term) -> bool:
    if term.name not in {"ip4", "ip6"}:
        return False
    address, _, length = term.value.partition("/")
    # A network wider than any private one holds public addresses as well.
    is_wide = length != "" and int(length) < _PRIVATE_BITS
    return not is_wide and not is_usable(zone, Record("@", 0, "A" if term.name == "ip4" else "AAAA", address))


@rule("spf-no-all", INFO)
def spf_no_all(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.7: without `all` or `redirect`, other servers are judged `neutral`.

    Records at names that begin with an underscore are parts of others, and need no end.
    """
    for owner, policy in zone.shared(policies):
        if _is_open(policy) and not policy.faults and not owner.startswith("_"):
            why = "Without `all` or `redirect=`, the record says nothing of servers that it does not list."
            yield Problem(f"{owner} TXT", why, "End the record with `~all` or `-all`.")


@fix("spf-no-all")
def say_neutral(zone: Zone, record: Record) -> Record:
    """End a record with `?all`, which is what a record without an end means (RFC 7208 section 4.7)."""
    text = decode(record.rdata)
    is_open = is_policy(text) and _is_open(parse(text))
    return with_text(record, f"{text.rstrip()} ?all") if is_open else record


def _is_open(policy: Policy) -> bool:
    return policy.first("all") is None and policy.first("redirect") is None


@rule("spf-after-all", WARNING)
def spf_after_all(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 sections 5.1 and 6.1: what follows `all` is ignored, and so is `redirect` beside it."""
    for owner, policy in zone.shared(policies):
        senders = (term for term in policy.terms if not term.is_modifier or term.name == "redirect")
        lost = [term for term in senders if term not in policy.effective]
        if lost and not policy.faults:
            names = ", ".join(quote(str(term)) for term in lost[:3])
            why = f"`all` ends the evaluation, so {names} never counts."
            yield Problem(f"{owner} TXT", why, "Move `all` to the end, or remove what can't count.")


@fix("spf-after-all")
def put_all_last(zone: Zone, record: Record) -> Record:
    """Move the first `all` behind the senders that it keeps from counting; what nothing can save is removed."""
    text = decode(record.rdata)
    words = [(word, term_of(word)) for word in text.split()]
    ends = [word for word, term in words if term and term.name == "all"]
    # Beside `all`, a `redirect` never counts, wherever it stands.
    senders = [word for word, term in words if term is None or term.name not in {"all", "redirect"}]
    return _sound(record, " ".join((*senders, *ends[:1]))) if is_policy(text) else record


@rule("spf-ptr", WARNING, no_edit="which of the servers send mail, only you know")
def spf_ptr(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 5.5: `ptr` is slow, unreliable, and should not be published."""
    for owner, policy in zone.shared(policies):
        if any(term.name == "ptr" for term in policy.effective):
            why = "`ptr` costs receivers many lookups, and some large ones skip it or fail."
            yield Problem(f"{owner} TXT", why, "List the servers with `ip4`, `ip6`, `a` or `include`.")


@rule("spf-type-99", WARNING)
def spf_type_99(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 3.1: the type SPF (99) is no longer read."""
    for owner in zone.rrsets("SPF"):
        if not any(map(is_policy, zone.texts_by_name.get(owner, ()))):
            why = "Receivers read SPF from TXT only, and the type SPF has been withdrawn."
            yield Problem(f"{owner} SPF", why, "Publish the same text as TXT.")


@fix("spf-type-99")
def publish_as_txt(zone: Zone, record: Record) -> Record:
    """Publish SPF as TXT, unless that would pass everybody."""
    return record if everybody(parse(decode(record.rdata))) else record._replace(type="TXT")


@rule("spf-multiple", ERROR)
def spf_multiple(zone: Zone) -> Iterator[Problem]:
    """RFC 7208 section 4.5: more than one record is a permanent error."""
    for owner, texts in zone.texts_by_name.items():
        count = len({text for text in texts if is_policy(text)})
        if count > 1:
            why = f"The name has {count} SPF records, and receivers that find more than one use none."
            yield Problem(f"{owner} TXT", why, "Merge them into one record.")


@fix_set("spf-multiple")
def merge(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Let one record pass whom each of several passes, and judge all others as the mildest of them does."""
    records = [record for record in zone.at(owner, rtype) if is_policy(decode(record.rdata))]
    text = merged([parse(decode(record.rdata)) for record in records])
    if text is None:
        return None
    costs = cost_of(zone, owner, parse(text))
    is_over = costs.lookups > LOOKUP_LIMIT or len(costs.voids) > VOID_LIMIT
    return None if is_over or costs.missing or costs.loops else Change(tuple(records), (with_text(records[0], text),))
