"""Rules over DKIM keys, each with the fix that mends its findings."""

import re
from base64 import b64encode
from collections.abc import Iterator

from sophia_infra.dns.dkim.record import ED25519_OCTETS, hashes, is_sound, is_test, key_of, octets_of, read
from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Change, Problem, fix, fix_set, is_free, rule
from sophia_infra.dns.lint.spelling import QUOTES, is_one_off
from sophia_infra.dns.rr.record import Record, labels
from sophia_infra.dns.rr.txt import decode, quote, tag_list, tags, with_text
from sophia_infra.dns.zone.index import Zone

_RESEMBLES_DKIM = re.compile(
    r"""[\s"'\u2018-\u201f]*(?:v\s*=\s*dkim|(?:k\s*=\s*rsa\s*;\s*)?p\s*=\s*MI[GI])""", re.IGNORECASE
)
# Selectors that mail services have people set up, where they stand without the name behind them.
_SELECTORS = frozenset(
    {"default", "fm1", "google", "k1", "k2", "k3", "mandrill", "protonmail", "resend", "s1", "s2", "selector1"}
    | {"selector2", "sig1", "zmail", "zoho"}
)
_LEAST_BITS, _GOOD_BITS = 1024, 2048
_PLACE = "_domainkey"
_START = re.compile(r"v\s*=\s*dkim1\s*[;,:.]*\s*", re.IGNORECASE)
_ARMOR = re.compile(r"-----[A-Z ]+-----")
_BEFORE_TAG = re.compile(r"(?<![\s;,])[\s;,]+(?=[vkphtsng]\s*=)")
_KEPT_TAGS = ("v", "k", "h", "t", "s", "n")
# How an Ed25519 key begins as a SubjectPublicKeyInfo (RFC 8410 section 4); DKIM takes the 32 octets after it.
_ED25519_INFO = bytes.fromhex("302a300506032b6570032100")


def _keys(zone: Zone) -> Iterator[tuple[str, list[str]]]:
    """Yield the owners of keys (`selector._domainkey`) with their texts."""
    for owner, texts in zone.texts_by_name.items():
        selector, found, _ = owner.partition("._domainkey")
        if found and not selector.startswith("_"):
            yield owner, texts


@rule("dkim-multiple", WARNING)
def dkim_multiple(zone: Zone) -> Iterator[Problem]:
    """RFC 6376 section 3.6.2.2: with several records the result is undefined."""
    for owner, texts in _keys(zone):
        if len(set(texts)) > 1:
            why = f"The selector has {len(set(texts))} records, and a receiver may pick any of them."
            yield Problem(f"{owner} TXT", why, "Keep one record a selector, or use another selector for the other key.")


@fix_set("dkim-multiple")
def keep_one_key(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Join the two halves of one key, or keep one of several records of the same key."""
    records = zone.at(owner, rtype)
    texts = [decode(record.rdata) for record in records]
    sound = [record for record, text in zip(records, texts, strict=True) if is_sound(text)]
    keys = {key_of(text) or "" for text in texts}
    if len(keys) == 1 and sound:
        return Change(tuple(records), (sound[0],))
    # Some forms cut a long key into two records, and nobody knows which half came first.
    if len(records) == 2 and not sound:
        whole = (text for text in ("".join(texts), "".join(reversed(texts))) if tags(text)[:1] == (("v", "DKIM1"),))
        joined = next(filter(is_sound, whole), "")
        return Change(tuple(records), (with_text(records[0], joined),)) if joined else None
    return None


@rule("dkim-syntax", ERROR)
def dkim_syntax(zone: Zone) -> Iterator[Problem]:
    """RFC 6376 section 3.6.1: `v=DKIM1` first if at all, `p=` with a whole key in Base64, each tag once."""
    for owner, texts in _keys(zone):
        for text in texts:
            _, fault = read(text)
            if fault:
                why = f"Signatures of this selector fail, because the record {fault}."
                yield Problem(f"{owner} TXT", why, "Copy the record anew from the system that signs.")


@fix("dkim-syntax")
def correct_key(zone: Zone, record: Record) -> Record:
    """Take away what was pasted along with a key, and write its tags as receivers read them."""
    text = decode(record.rdata)
    plain = _ARMOR.sub("", text.translate(dict.fromkeys(map(ord, f"\\`{QUOTES}"))))
    half = len(plain) // 2
    once = plain[:half] if plain == plain[:half] * 2 else plain
    pairs = set(tags(_BEFORE_TAG.sub("; ", _START.sub("v=DKIM1; ", once, count=1))))
    found = dict(pairs)
    if len(found) < len(pairs):
        return record  # of two keys, nobody knows which is meant
    key = "".join(found.get("p", "").split()).rstrip("=")
    key += "=" * (-len(key) % 4)
    kept = {name: found[name] for name in _KEPT_TAGS if name in found}
    if "k" in kept:
        kept["k"] = kept["k"].lower()
    octets = (octets_of(key) or b"").removeprefix(_ED25519_INFO)
    if len(octets) == ED25519_OCTETS:
        kept, key = {**kept, "k": "ed25519"}, b64encode(octets).decode()
    corrected = tag_list([*kept.items(), ("p", key)])
    return with_text(record, corrected) if read(text)[1] and is_sound(corrected) else record


@rule("dkim-weak-key", ERROR, INFO, no_edit="a new key comes from the sending system")
def dkim_weak_key(zone: Zone) -> Iterator[Problem]:
    """RFC 8301 section 3.2: receivers must not accept less than 1024 bits; 2048 are recommended."""
    for owner, texts in _keys(zone):
        for text in texts:
            bits, _ = read(text)
            if bits is not None and bits < _GOOD_BITS:
                refused = bits < _LEAST_BITS
                verdict = "so receivers refuse it" if refused else f"and {_GOOD_BITS} are recommended"
                why, level = f"The key has {bits} bits, {verdict}.", None if refused else INFO
                yield Problem(f"{owner} TXT", why, f"Sign with a key of {_GOOD_BITS} bits under a new selector.", level)


@rule("dkim-sha1-only", ERROR)
def dkim_sha1_only(zone: Zone) -> Iterator[Problem]:
    """RFC 8301 section 3.1: receivers must not accept SHA-1."""
    for owner, texts in _keys(zone):
        for text in texts:
            if hashes(text) == {"sha1"}:
                why = "`h=sha1` allows only signatures that receivers refuse."
                yield Problem(f"{owner} TXT", why, "Remove `h=sha1`, and sign with SHA-256.")


@fix("dkim-sha1-only")
def allow_every_hash(zone: Zone, record: Record) -> Record:
    """Take away an `h=` that allows SHA-1 alone, so that signatures with other hashes count."""
    found = tags(decode(record.rdata))
    only_sha1 = hashes(decode(record.rdata)) == {"sha1"}
    return with_text(record, tag_list((name, value) for name, value in found if name != "h")) if only_sha1 else record


@rule("dkim-revoked", INFO)
def dkim_revoked(zone: Zone) -> Iterator[Problem]:
    """RFC 6376 section 3.6.1: an empty `p=` revokes the key. A wildcard is how domains without mail do it."""
    for owner, texts in _keys(zone):
        if not owner.startswith("*") and any(key_of(text) == "" for text in texts):
            why = "The empty `p=` says that every signature with this selector is invalid."
            yield Problem(f"{owner} TXT", why, "Remove the record once no mail signed with it is under way.")


@fix("dkim-revoked")
def drop_revoked(zone: Zone, record: Record) -> Record | None:
    """Remove a revoked key, where nothing else would answer in its place: without a key, signatures fail as well."""
    revoked = key_of(decode(record.rdata)) == ""
    alone = len(zone.at(record.owner, "TXT")) == 1 and zone.wildcard_over(record.owner) is None
    return None if revoked and alone else record


@rule("dkim-testing", INFO)
def dkim_testing(zone: Zone) -> Iterator[Problem]:
    """RFC 6376 section 3.6.1: with the flag `y` in `t=`, receivers treat signed mail as unsigned."""
    for owner, texts in _keys(zone):
        if any(map(is_test, texts)):
            yield Problem(f"{owner} TXT", "`t=y` asks receivers to ignore DKIM.", "Remove `t=y` after the test.")


@fix("dkim-testing")
def end_test(zone: Zone, record: Record) -> Record:
    """Take the flag `y` away, and the whole tag where it holds no other."""
    text = decode(record.rdata)
    left = ":".join(flag for flag in dict(tags(text)).get("t", "").split(":") if flag.strip() != "y")
    found = ((name, left if name == "t" else value) for name, value in tags(text))
    ended = tag_list((name, value) for name, value in found if value or name != "t")
    return with_text(record, ended) if is_test(text) else record


@rule("dkim-misplaced", ERROR, WARNING)
def dkim_misplaced(zone: Zone) -> Iterator[Problem]:
    """RFC 6376 section 3.6.2.1: keys stand at `selector._domainkey` below the domain.

    Only the usual slips are reported: at the apex, at `_domainkey` itself, without its underscore, without its dot, or
    at the bare selector of a well-known service. A whole key at any other name right below a domain with mail is a
    warning: another zone's alias may lead there.
    """
    for record, text in zone.texts:
        parts = labels(record.owner)
        bare = parts[0] in _SELECTORS and parts[1:2] != [_PLACE] and read(text)[0] is not None
        slipped = (
            bare or parts[0] in {"@", _PLACE} or any(part.endswith("domainkey") and part != _PLACE for part in parts)
        )
        slipped = slipped and _RESEMBLES_DKIM.match(text) is not None
        if (slipped or _is_short(zone, parts, text)) and (parts == ["@"] or record.owner not in zone.alias_targets):
            why = f"Receivers look for keys at `selector._domainkey`, and never at {quote(record.owner)}."
            yield Problem(record.subject, why, "Move the key to its selector's name.", None if slipped else WARNING)


def _is_short(zone: Zone, parts: list[str], text: str) -> bool:
    """Whether a whole key stands at a selector whose domain has mail, without `_domainkey` between the two."""
    domain = ".".join(parts[1:]) or "@"
    is_key = text.startswith("v=DKIM1") and is_sound(text) and _PLACE not in parts and not parts[0].startswith("_")
    return is_key and any(not record.rdata.endswith(" .") for record in zone.at(domain, "MX"))


@fix("dkim-misplaced")
def move_key(zone: Zone, record: Record) -> Record:
    """Put `_domainkey` behind the selector, with its underscore and its dot, where that name is free."""
    right = _place(record.owner)
    moved = right != record.owner and is_free(zone, right) and is_sound(decode(record.rdata))
    return record._replace(owner=right) if moved else record


def _place(owner: str) -> str:
    """Return the name that a key was meant for; the same where it can't be told."""
    selector, *rest = labels(owner)
    if rest and rest[0] != _PLACE and is_one_off(rest[0], _PLACE):
        return ".".join((selector, _PLACE, *rest[1:]))
    right = re.sub(r"^([a-z0-9-]*[a-z0-9])(?:[._]domainkey(?=\.|$))?", rf"\1.{_PLACE}", owner)
    return owner if "_" in right.partition(_PLACE)[2] else right
