"""Rules over DMARC records (RFC 7489)."""

import re
from collections.abc import Iterator
from functools import lru_cache

from sophia_infra import suffixes
from sophia_infra.advice.model import Level
from sophia_infra.dns.lint.fix import Change, fix, fix_set, is_free
from sophia_infra.dns.lint.rule import ERROR, WARNING, Problem, rule
from sophia_infra.dns.lint.spelling import QUOTES, is_one_off
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, listed, quote, tags, with_text
from sophia_infra.dns.zone.index import Zone, labels

RESEMBLES_DMARC = re.compile(r"""[\s"'\u2018-\u201f]*v\s*=\s*dmarc""", re.IGNORECASE)
POLICIES = ("none", "quarantine", "reject")
"""What a domain may ask for, the mildest first."""
_POLICY = re.compile("|".join(POLICIES), re.IGNORECASE)
_ALIGNMENT = re.compile(r"[rs]", re.IGNORECASE)
_REPORT = re.compile(r"mailto:(?!/)[^@\s,;]+@[^@\s,;!]+(![0-9]+[kmgt]?)?", re.IGNORECASE)
# Tags of RFC 7489 section 6.3, and those that RFC 9989 has added (np, psd, t). What it removed, older receivers read.
VALUES = {
    "p": _POLICY,
    "sp": _POLICY,
    "np": _POLICY,
    "adkim": _ALIGNMENT,
    "aspf": _ALIGNMENT,
    "pct": re.compile(r"\d|[1-9]\d|100"),
    "fo": re.compile(r"[01ds](:[01ds])*", re.IGNORECASE),
    "rf": re.compile(r"afrf(:afrf)*", re.IGNORECASE),
    "ri": re.compile(r"\d+"),
    "psd": re.compile(r"[ynu]", re.IGNORECASE),
    "t": re.compile(r"[yn]", re.IGNORECASE),
}
_REPORT_TAGS = ("rua", "ruf")
_DECIDING = frozenset({"p", "sp"})
_TAGS = (*VALUES, "rua", "ruf")
_START = re.compile(r"\s*v\s*=\s*dmarc\s*1\s*[;,:.]*\s*", re.IGNORECASE)
_BEFORE_TAG = re.compile(rf"(?<![\s,;])[\s,;]+(?=(?:{'|'.join(_TAGS)})\s*=)", re.IGNORECASE)
_COLON = re.compile(r"((?:^|[\s,;])(?:p|sp|np|adkim|aspf|pct)\s*):", re.IGNORECASE)
_BEFORE_ADDRESS = re.compile(r"(?<=[a-z0-9>])[;,\s]+(?=mailto\s*:)", re.IGNORECASE)
_REPORTS = re.compile(r"\b(ru[af]\s*=\s*)([^;]*)")
_ALIGNMENTS = {"strict": "s", "relaxed": "r"}
_DEMANDS = ("p", "sp", "np")


def _policies(zone: Zone) -> Iterator[tuple[str, list[str]]]:
    """Yield the owners where receivers look for DMARC, with the texts there that are meant as such."""
    for owner, texts in zone.texts_by_name.items():
        if owner == "_dmarc" or owner.startswith("_dmarc."):
            meant = list(filter(meant_as_dmarc, texts))
            yield owner, meant or texts


def meant_as_dmarc(text: str) -> bool:
    """Whether somebody meant a text as DMARC, whether or not receivers can read it."""
    return RESEMBLES_DMARC.match(text) is not None


def is_organization(zone: Zone) -> bool:
    """Whether no domain above the zone may have a DMARC policy that counts for it (RFC 7489 section 3.2)."""
    return suffixes.is_registrable(zone.origin)


def is_report_address(text: str) -> bool:
    """Whether reports can be sent there."""
    return _REPORT.fullmatch(text) is not None


@rule("dmarc-multiple", "A name has more than one DMARC record", ERROR)
def dmarc_multiple(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.6.3: with more than one record, DMARC is not applied."""
    for owner, texts in _policies(zone):
        count = len(set(texts))
        if count > 1:
            yield Problem(f"{owner} TXT", f"Receivers that find {count} DMARC records apply none.", "Keep one of them.")


@fix_set("dmarc-multiple")
def keep_mildest(zone: Zone, owner: str, kind: str) -> Change | None:
    """Keep the one record that receivers read; of several, none of which was applied, one where all ask for nothing."""
    records = [record for record in zone.at(owner, kind) if meant_as_dmarc(decode(record.rdata))]
    sound = [record for record in records if not faults(decode(record.rdata))]
    if not sound:
        return None
    is_applied = sum(_is_found(decode(record.rdata)) for record in records) == 1
    is_open = not is_applied and any(asks_for_more(_corrected(decode(record.rdata))) for record in records)
    return None if is_open else Change(tuple(records), (min(sound, key=_demand),))


def _is_found(text: str) -> bool:
    """Whether receivers that look for a DMARC record take this text for one, sound or not."""
    return text.startswith("v") and tags(text)[:1] == (("v", "DMARC1"),)


def _demand(record: Record) -> tuple[int, bool]:
    values = dict(tags(decode(record.rdata)))
    return POLICIES.index(values["p"].lower()), "rua" not in values


@rule("dmarc-syntax", "A DMARC record has a fault", ERROR, WARNING)
def dmarc_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.3. A fault in `v`, `p` or `sp` voids the policy; one in another tag voids that tag."""
    for owner, texts in _policies(zone):
        for text in texts:
            for fault, level in faults(text):
                fix = "Write `v=DMARC1; p=none` (or `quarantine`, `reject`), then further tags after semicolons."
                yield Problem(f"{owner} TXT", f"The DMARC record {fault}.", fix, level)


@lru_cache(maxsize=1024)
def faults(text: str) -> tuple[tuple[str, Level], ...]:
    """Return what is wrong with the text of a DMARC record, a phrase and a level each."""
    return tuple(_found_in(text))


def _found_in(text: str) -> Iterator[tuple[str, Level]]:
    found = tags(text)
    if not found or found[0] != ("v", "DMARC1") or text[:1].isspace():
        yield f"does not start with exactly `v=DMARC1;`, so receivers overlook {quote(text)}", ERROR
        return
    names = [name for name, _ in found]
    if "p" not in names:
        yield "has no `p=` tag, so it asks for nothing", ERROR
    for position, (name, value) in enumerate(found[1:], start=1):
        pattern = VALUES.get(name)
        if pattern is None and name not in _REPORT_TAGS:
            yield f"has a tag that receivers ignore: {quote(name)}", WARNING
        elif pattern is not None and pattern.fullmatch(value) is None:
            consequence = "the policy does not count" if name in _DECIDING else "the tag does not count"
            yield (
                f"has no valid value in {quote(f'{name}={value}')}, so {consequence}",
                (ERROR if name in _DECIDING else WARNING),
            )
        if name in names[:position]:
            yield f"has the tag {quote(name)} more than once", WARNING


@fix("dmarc-syntax")
def correct_dmarc(zone: Zone, record: Record) -> Record:
    """Write a DMARC record as receivers read it, and drop the tags that they ignore."""
    text = decode(record.rdata)
    is_alone = sum(meant_as_dmarc(decode(one.rdata)) for one in zone.at(record.owner, "TXT")) == 1
    right = _corrected(text) if faults(text) and is_alone else text
    if faults(right):
        return record
    if all(level is not ERROR for _, level in faults(text)):
        return with_text(record, right)
    is_for_itself = record.owner == "_dmarc" and is_organization(zone)
    is_mild = not asks_for_more(right) and (_is_found(text) or is_for_itself)
    return with_text(record, right) if is_mild else record


def _corrected(text: str) -> str:
    plain = text.translate({ord(one): None for one in f"\\`{QUOTES}"})
    if _START.match(plain) is None:
        return text
    rest = _COLON.sub(r"\1=", _START.sub("", plain, count=1))
    rest = _BEFORE_TAG.sub("; ", _BEFORE_ADDRESS.sub(",", rest))
    written = tags(text)
    found = [one for one in dict.fromkeys(_readable(tags(rest))) if one in written or not _is_strict(*one)]
    asked = [one for one in found if one[0] == "p"] or [("p", "none")]
    return report_addresses(listed([("v", "DMARC1"), *asked, *(one for one in found if one[0] != "p")]))


def _is_strict(name: str, value: str) -> bool:
    """Whether a tag may have mail refused that is taken without it."""
    return name in {"sp", "np"} or (name in {"adkim", "aspf"} and value.lower() == "s")


def _readable(found: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """Yield the tags that receivers read, spelled their way.

    Left as they are, for people to see: policies that nobody knows, and addresses under no known tag.
    """
    for written, value in found:
        name = _near(written.lower(), _TAGS)
        meant = _value(name, value)
        if name not in VALUES:
            yield from [(name, meant)] if "@" in value else []
        elif name in {"p", "sp"} or VALUES[name].fullmatch(meant):
            yield name, meant


def _value(name: str, value: str) -> str:
    if name == "p":
        return "none" if _near(value.lower(), POLICIES) == "none" else value
    if name in {"adkim", "aspf"}:
        return _ALIGNMENTS.get(value.lower(), value)
    return {"pct": value.rstrip("% "), "fo": value.replace(",", ":")}.get(name, value)


def _near(word: str, known: tuple[str, ...]) -> str:
    """Return the one known word of three letters and more that this one is a letter away from, or the word itself."""
    near = [one for one in known if len(one) > 2 and is_one_off(word, one)]
    return near[0] if word not in known and len(near) == 1 else word


@rule("dmarc-report-address", "A DMARC report address can't receive", WARNING)
def dmarc_report_address(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.2: report addresses are URIs, in practice `mailto:` ones, separated by commas."""
    for owner, texts in _policies(zone):
        for name, value in (tag for text in texts for tag in tags(text) if tag[0] in _REPORT_TAGS):
            wrong = [one for one in value.split(",") if not is_report_address(one.strip())]
            if wrong:
                why = f"{quote(wrong[0].strip())} in `{name}=` is no `mailto:` address, so no report arrives."
                yield Problem(f"{owner} TXT", why, f"Write `{name}=mailto:name@domain`.")


@fix("dmarc-report-address")
def correct_report_addresses(zone: Zone, record: Record) -> Record:
    """Write report addresses with `mailto:` and commas between, and drop what is none where others are left."""
    return with_text(record, report_addresses(decode(record.rdata)))


def report_addresses(text: str, also: tuple[str, ...] = ()) -> str:
    """Return the text of a DMARC or TLS reporting record with its report addresses as receivers read them.

    What is no mailbox is dropped where others are left, but for what starts with one of `also`.
    """
    return _REPORTS.sub(lambda match: match[1] + _addresses(match[2], also), text)


def _addresses(value: str, also: tuple[str, ...]) -> str:
    if all(is_report_address(one.strip()) for one in value.split(",")):
        return value
    known = (_address(one, also) for one in re.split(r"[\s,;]+", value))
    return ",".join(dict.fromkeys(filter(None, known))) or value


def _address(written: str, also: tuple[str, ...]) -> str:
    mailbox = written.strip("<>").rpartition(":")[2].lstrip("/")
    name, _, domain = mailbox.partition("@")
    is_mailbox = name and "." in domain and "@" not in domain
    return written if written.startswith(also) else f"mailto:{mailbox}" if is_mailbox else ""


@rule(
    "dmarc-report-unauthorized",
    "DMARC reports go to a domain that did not agree to take them",
    WARNING,
    no_edit="the record belongs in the other domain's zone",
)
def dmarc_report_unauthorized(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 7.1: the other domain says so at `<domain>._report._dmarc`. Judged where its zone is at hand."""
    for owner, texts in _policies(zone) if zone.beside else ():
        domain = zone.absolute(owner.removeprefix("_dmarc").removeprefix(".") or "@")[:-1]
        for mailbox in (
            one for text in texts for name, value in tags(text) if name in _REPORT_TAGS for one in value.split(",")
        ):
            other = zone.neighbour(mailbox.partition("@")[2].partition("!")[0].strip().lower())
            permission = f"{domain}._report._dmarc"
            if other is not None and not domain.endswith(f".{other.origin}") and not other.exists(permission):
                why = f"{quote(other.origin)} does not say that it takes reports on {quote(domain)}, so none are sent."
                yield Problem(f"{owner} TXT", why, f"Add `v=DMARC1` as TXT at {quote(other.absolute(permission))}.")


def meant_place(owner: str) -> str:
    """Return the name that a DMARC record at a mistaken one was meant for; nothing for any other name."""
    first, *rest = labels(owner)
    if first == "_dmarc":
        return ".".join(rest) if rest[:1] == [first] else ""
    slipped = first == "@" or (first.strip("-_").isalpha() and is_one_off(first, "_dmarc"))
    return ".".join(("_dmarc", *rest)) if slipped else ""


@rule("dmarc-misplaced", "A DMARC record stands where nobody looks", ERROR, WARNING)
def dmarc_misplaced(zone: Zone) -> Iterator[Problem]:
    """RFC 7489 section 6.1: the record stands at `_dmarc` below the domain.

    Only the usual slips are reported: at the apex, at `dmarc` without the underscore, or at a name a letter away.
    """
    for record, text in zone.texts:
        right = RESEMBLES_DMARC.match(text) and meant_place(record.owner)
        if right and (record.owner == "@" or record.owner not in zone.alias_targets):
            why = f"Receivers look for DMARC at {quote(right)} and never at {quote(record.owner)}."
            taken = zone.at(right, "TXT", "CNAME") or zone.is_pending(right) or zone.is_beyond(right)
            yield Problem(record.subject, why, f"Move the record to {quote(right)}.", WARNING if taken else None)


@fix("dmarc-misplaced")
def move_dmarc(zone: Zone, record: Record) -> Record:
    """Move a DMARC record to `_dmarc`, where that is free and nobody else's policy counts."""
    text, right = decode(record.rdata), meant_place(record.owner)
    counts_for_nobody = right == "_dmarc" and is_organization(zone) and zone.wildcard_over(right) is None
    if not (counts_for_nobody and text.startswith("v=DMARC1") and is_free(zone, right)):
        return record
    return record if asks_for_more(text) else record._replace(owner=right)


def asks_for_more(text: str) -> bool:
    """Whether the text of a DMARC record may ask for more than `none`, for its domain or the names below."""
    return any(name.lower() in _DEMANDS and _near(value.lower(), POLICIES) != "none" for name, value in tags(text))
