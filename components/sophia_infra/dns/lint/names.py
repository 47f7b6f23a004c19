"""Owner names: characters, wildcards, and names that are not what was meant."""

import re
from collections.abc import Iterator

from sophia_infra.dns.lint.rule import ERROR, WARNING, Problem, fix, is_free, rule
from sophia_infra.dns.rr.record import Record, labels, parent
from sophia_infra.dns.rr.rtype import target_of
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.spf.record import is_policy
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, resolve

_BARE = frozenset({"TXT", "CAA"})
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?")


@rule("owner-repeats-origin", ERROR, WARNING)
def owner_repeats_origin(zone: Zone) -> Iterator[Problem]:
    """Catch the missing dot: `www.shop.example` in the zone `shop.example` is `www.shop.example.shop.example`."""
    for owner, records in zone.by_name.items():
        if not zone.repeats_origin(owner):
            continue
        meant = owner.removesuffix(zone.origin).rstrip(".") or "@"
        for rtype in sorted({record.type for record in records}):
            why = f"The record stands at {quote(zone.absolute(owner))}, where nobody looks for it."
            level = WARNING if zone.at(meant, rtype) else None
            way_out = f"Write {quote(zone.absolute(meant))}, with a dot at its end."
            yield Problem(f"{owner} {rtype}", why, way_out, level)


@fix("owner-repeats-origin")
def move_owner(zone: Zone, record: Record) -> Record:
    """Take the repeated origin off an owner."""
    meant = record.owner.removesuffix(zone.origin).rstrip(".") or "@"
    is_alias = record.type == "CNAME"
    taken = zone.at(meant, record.type, "CNAME") or (is_alias and (meant == "@" or meant in zone.by_name))
    return record if taken else record._replace(owner=meant)


@rule("owner-at-sign", WARNING)
def owner_at_sign(zone: Zone) -> Iterator[Problem]:
    """RFC 1035 section 5.1: only an at sign alone stands for the origin; some panels export `_sip._tls.@`."""
    for owner, records in zone.by_name.items():
        if owner.endswith(".\\@"):
            for rtype in sorted({record.type for record in records}):
                why = f"The record stands at {quote(zone.absolute(owner))}, where nobody looks for it."
                yield Problem(f"{owner} {rtype}", why, f"Write {quote(owner[:-3])}.")


@fix("owner-at-sign")
def drop_at_sign(zone: Zone, record: Record) -> Record:
    """Take the label `@` off an owner, where the name that was meant is free."""
    meant = record.owner.removesuffix(".\\@")
    return record._replace(owner=meant) if is_free(zone, meant) else record


@rule("wildcard-misplaced", WARNING, no_edit="the names that are meant, only you know")
def wildcard_misplaced(zone: Zone) -> Iterator[Problem]:
    """RFC 4592 section 2.1.1: a wildcard is a leftmost label of one asterisk, nothing else."""
    for owner, records in zone.by_name.items():
        if "*" in owner and "*" in owner.removeprefix("*.") and owner != "*":
            why = "Only a whole leftmost label `*` matches other names; this name is taken literally."
            yield Problem(records[0].subject, why, "Use `*` as the whole first label, or write the names out.")


@rule("wildcard-shadowed", WARNING, no_edit="whether the name is to follow the wildcard from now on, only you know")
def wildcard_shadowed(zone: Zone) -> Iterator[Problem]:
    """RFC 4592 section 2.2.1: a wildcard answers for names that do not exist, and any record makes a name exist.

    Reported are names with TXT or CAA only, and names that exist through `_service` names below them only.
    """
    if "*" not in zone.by_name and not any(owner.startswith("*.") for owner in zone.by_name):
        return
    for owner, subject in _bare_names(zone):
        wildcard = zone.wildcard_over(owner)
        lent = zone.by_name[wildcard] if wildcard else []
        if any(record.type in {"A", "AAAA", "CNAME"} for record in lent):
            why = f"Because this record exists, {quote(f'{wildcard}')} no longer gives {quote(owner)} an address."
            yield Problem(subject, why, f"Add the wildcard's address records at {quote(owner)}, too.")


def _bare_names(zone: Zone) -> Iterator[tuple[str, str]]:
    """Yield names that look like hosts and have no data of a host, with the subject that makes them exist."""
    for owner, records in zone.by_name.items():
        bare = records[0].type in _BARE and all(record.type in _BARE for record in records)
        texts = zone.texts_by_name.get(owner, ()) if bare else ()
        if bare and not _is_underscored(owner) and not any(map(is_policy, texts)):
            yield owner, records[0].subject
        elif owner.startswith(("_acme-challenge.", "_dmarc.")):
            above = parent(owner)
            if above in zone.empty_names and not _is_underscored(above):
                yield above, records[0].subject


def _is_underscored(owner: str) -> bool:
    return owner in {"@", "*"} or owner.startswith(("_", "*.")) or "._" in owner


@rule("host-name-syntax", WARNING, no_edit="the name that is meant, only you know")
def host_name_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 952, RFC 1123 section 2.1: letters, digits and inner hyphens.

    BIND refuses such names by default, and public CAs issue no certificate for them. Labels that begin with an
    underscore are left alone: they mark services, not hosts (RFC 8552).
    """
    way_out = "Use letters, digits and hyphens only."
    for rtype in ("A", "AAAA"):
        for owner in dict.fromkeys(record.owner for record in zone.of(rtype)):
            if _HOST.fullmatch(owner) is None and "*" not in owner and not _is_underscored(owner):
                why = f"{quote(owner)} is no host name; some servers and CAs refuse it."
                yield Problem(f"{owner} {rtype}", why, way_out)
    for rtype in ("MX", "NS"):
        named = [(record, target_of(record)) for record in zone.of(rtype)]
        odd = {name for name in {name for _, name in named} if name != "." and _HOST.fullmatch(name) is None}
        for record, name in named if odd else ():
            if name in odd and resolve(zone, name) is not Target.LITERAL:
                why = f"{quote(name)} is no host name, so some servers refuse to use it."
                yield Problem(record.subject, why, way_out)


@rule("idna-invalid", WARNING, no_edit="the name that is meant, only you know")
def idna_invalid(zone: Zone) -> Iterator[Problem]:
    """RFC 5890 section 2.3.2.1: what follows `xn--` is Punycode, which can be read back."""
    for owner, records in zone.by_name.items():
        if "xn--" in owner:
            wrong = [label for label in labels(owner) if label.startswith("xn--") and not _is_punycode(label)]
            if wrong:
                why = f"{quote(wrong[0])} stands for no international name, so nobody can type it."
                yield Problem(records[0].subject, why, "Write the name in its own letters, and let it be converted.")


def _is_punycode(label: str) -> bool:
    try:
        plain = label[4:].encode().decode("punycode")
    except UnicodeError:
        return False
    return plain.encode("punycode").decode() == label[4:] and not plain.isascii()
