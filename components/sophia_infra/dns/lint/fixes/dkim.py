"""DKIM keys in the wrong place, pasted with what does not belong to them, or with tags that void them."""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from sophia_infra.dns.lint.caa import is_one_off
from sophia_infra.dns.lint.dkim import NoKeyError, hashes, is_test, key_bits
from sophia_infra.dns.lint.fixes.fix import Change, fix, fix_set
from sophia_infra.dns.lint.fixes.names import is_free
from sophia_infra.dns.lint.fixes.txt import QUOTES
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import decode, listed, tags, with_text
from sophia_infra.dns.zone.index import Zone, labels

_PLACE = "_domainkey"
_START = re.compile(r"v\s*=\s*dkim1\s*[;,:.]*\s*", re.IGNORECASE)
_ARMOR = re.compile(r"-----[A-Z ]+-----")
_BEFORE_TAG = re.compile(r"(?<![\s;,])[\s;,]+(?=[vkphtsng]\s*=)")
_KEPT_TAGS = ("v", "k", "h", "t", "s", "n")
# How an Ed25519 key begins as a SubjectPublicKeyInfo (RFC 8410 section 4); DKIM takes the 32 octets after it.
_ED25519_INFO = bytes.fromhex("302a300506032b6570032100")
_ED25519_OCTETS = 32


@fix("dkim-misplaced")
def move_key(zone: Zone, record: Record) -> Record:
    """Put `_domainkey` behind the selector, with its underscore and its dot, where that name is free."""
    right = _place(record.owner)
    moved = right != record.owner and is_free(zone, right) and _is_sound(decode(record.rdata))
    return record._replace(owner=right) if moved else record


def _place(owner: str) -> str:
    """Return the name that a key was meant for; the same where it can't be told."""
    selector, *rest = labels(owner)
    if rest and rest[0] != _PLACE and is_one_off(rest[0], _PLACE):
        return ".".join((selector, _PLACE, *rest[1:]))
    right = re.sub(r"^([a-z0-9-]*[a-z0-9])(?:[._]domainkey(?=\.|$))?", rf"\1.{_PLACE}", owner)
    return owner if "_" in right.partition(_PLACE)[2] else right


@fix("dkim-syntax")
def correct_key(zone: Zone, record: Record) -> Record:
    """Take away what was pasted along with a key, and write its tags as receivers read them."""
    text = decode(record.rdata)
    corrected = _corrected(text)
    return record if _is_read(text) or not _is_sound(corrected) else with_text(record, corrected)


@fix_set("dkim-multiple")
def keep_one_key(zone: Zone, owner: str, kind: str) -> Change | None:
    """Join the two halves of one key, or keep one of several records of the same key."""
    records = zone.at(owner, kind)
    texts = [decode(record.rdata) for record in records]
    sound = [record for record, text in zip(records, texts, strict=True) if _is_sound(text)]
    keys = {dict(tags(text)).get("p", "").replace(" ", "") for text in texts}
    if len(keys) == 1 and sound:
        return Change(tuple(records), (sound[0],))
    if len(records) == 2 and not sound:
        whole = (text for text in ("".join(texts), "".join(reversed(texts))) if tags(text)[:1] == (("v", "DKIM1"),))
        joined = next(filter(_is_sound, whole), "")
        return Change(tuple(records), (with_text(records[0], joined),)) if joined else None
    return None


@fix("dkim-revoked")
def drop_revoked(zone: Zone, record: Record) -> Record | None:
    """Remove a revoked key, where nothing else would answer in its place: without a key, signatures fail as well."""
    revoked = dict(tags(decode(record.rdata))).get("p") == ""
    alone = len(zone.at(record.owner, "TXT")) == 1 and zone.wildcard_over(record.owner) is None
    return None if revoked and alone else record


@fix("dkim-sha1-only")
def allow_every_hash(zone: Zone, record: Record) -> Record:
    """Take away an `h=` that allows SHA-1 alone, so that signatures with other hashes count."""
    found = tags(decode(record.rdata))
    only_sha1 = hashes(decode(record.rdata)) == {"sha1"}
    return with_text(record, listed((name, value) for name, value in found if name != "h")) if only_sha1 else record


@fix("dkim-testing")
def end_test(zone: Zone, record: Record) -> Record:
    """Take the flag `y` away, and the whole tag where it holds no other."""
    text = decode(record.rdata)
    found = [(name, _without_test(value) if name == "t" else value) for name, value in tags(text)]
    ended = listed((name, value) for name, value in found if value or name != "t")
    return with_text(record, ended) if is_test(text) else record


def _without_test(flags: str) -> str:
    return ":".join(flag for flag in flags.split(":") if flag.strip() != "y")


def _is_read(text: str) -> bool:
    try:
        key_bits(text)
    except NoKeyError:
        return False
    return True


def _is_sound(text: str) -> bool:
    """Whether a text holds a whole key, and not a revoked one."""
    return _is_read(text) and dict(tags(text))["p"] != ""


def _corrected(text: str) -> str:
    plain = _ARMOR.sub("", text.translate({ord(one): None for one in f"\\`{QUOTES}"}))
    found = dict(tags(_BEFORE_TAG.sub("; ", _START.sub("v=DKIM1; ", plain, count=1))))
    key = "".join(found.get("p", "").split()).rstrip("=")
    key += "=" * (-len(key) % 4)
    kept = {name: found[name] for name in _KEPT_TAGS if name in found}
    if "k" in kept:
        kept["k"] = kept["k"].lower()
    octets = _octets(key).removeprefix(_ED25519_INFO)
    if len(octets) == _ED25519_OCTETS:
        kept, key = {**kept, "k": "ed25519"}, b64encode(octets).decode()
    return listed([*kept.items(), ("p", key)])


def _octets(key: str) -> bytes:
    try:
        return b64decode(key, validate=True)
    except (Base64Error, ValueError):
        return b""
