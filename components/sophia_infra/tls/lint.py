"""The rules for certificates, by topic. Pure.

docs/rules.md explains every code. The levels: `error` breaks clients or the order, `warning` will hurt, `info` is good
to know. A clean certificate has no finding at all.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from sophia_infra import suffixes
from sophia_infra.advice.model import Finding, Level
from sophia_infra.dns.rr.reach import Reach, reach_of_any
from sophia_infra.tls.facts import Facts, State
from sophia_infra.tls.names import MAX_COMMON_NAME, address, base, covers, parent, within
from sophia_infra.tls.plan import RETRY
from sophia_infra.values import shown

VERSION = "1"
MIN_WINDOW_HOURS = 24
MIN_SHARE, MAX_SHARE = 0.1, 0.67
MANY_NAMES = 50
BLOCKING = frozenset({"internal-name", "lifetime-over-limit", "wildcard-public-suffix"})
"""What an order can't survive: the issuer would refuse it, or no client would take the certificate."""

IN_VAIN = frozenset({"name-confusable", "name-outside-zone"})
"""What most likely is not the name that is meant, or can't be proved: somebody should look before it is ordered."""

INTERNAL = ("local", "localhost", "internal", "lan", "home", "corp", "test", "invalid", "home.arpa", "example", "onion")
STRENGTH = {"rsa-2048": 112, "ecdsa-p256": 128, "ed25519": 128, "rsa-3072": 128, "rsa-4096": 140, "ecdsa-p384": 192}
"""Bits of security, after NIST SP 800-57 part 1, table 2."""


def judge(facts: Facts) -> list[Finding]:
    """Return what all rules have to say, sorted by code."""
    found = (_marked(finding, facts) for topic in _TOPICS for finding in topic(facts))
    return sorted(found, key=lambda finding: finding.code)


def _marked(finding: Finding, facts: Facts) -> Finding:
    """Mark as old what is said of a name that the certificate in use has: an issuer has proved it once."""
    return replace(finding, old=finding.code in IN_VAIN and finding.subject in facts.domains_before)


def _lifetime(facts: Facts) -> Iterator[Finding]:
    subject, hours, days = facts.domains[0], facts.lifetime_hours, facts.lifetime_hours // 24
    if facts.public and hours > facts.max_days * 24:
        told = f"{days} days is over the {facts.max_days} that browsers and public CAs accept today"
        way_out = f"set lifetime to {facts.max_days}d or less"
        yield Finding("lifetime-over-limit", Level.ERROR, subject, told, way_out)
    elif facts.public and hours > facts.coming_days * 24 > 0:
        told = f"within 90 days the limit for public certificates falls to {facts.coming_days} days"
        way_out = f"set lifetime to {facts.coming_days}d or less"
        yield Finding("lifetime-limit-ahead", Level.WARNING, subject, told, way_out)
    if not facts.public and hours > 398 * 24:
        told = f"a key that serves for {days} days is exposed for all of them"
        yield Finding("lifetime-long", Level.INFO, subject, told, "leave lifetime out for 90d; renewal needs nobody")


def _window(facts: Facts) -> Iterator[Finding]:
    subject = facts.domains[0]
    if facts.window_hours < MIN_WINDOW_HOURS:
        told = f"only {facts.window_hours:.0f} hours to renew in: a daily run may miss them"
        way_out = "lengthen lifetime, or run `pulumi up` several times a day"
        yield Finding("window-short", Level.WARNING, subject, told, way_out)
    if facts.window < MIN_SHARE:
        told = f"a renewal window of {facts.window:.0%} leaves little time when an order fails"
        way_out = "leave renewal_window out, for a third of the lifetime"
        yield Finding("window-small", Level.WARNING, subject, told, way_out)
    if facts.window > MAX_SHARE:
        told = f"a renewal window of {facts.window:.0%} throws most of each lifetime away and meets rate limits"
        yield Finding("window-large", Level.INFO, subject, told, "shorten lifetime instead")


def _key(facts: Facts) -> Iterator[Finding]:
    subject, kind, before = facts.domains[0], facts.key_type, facts.key_type_before
    if kind == "rsa-2048":
        told = "a new key of rsa-2048 is refused: this one serves until its renewal, which fails then"
        way_out = "set key_type to rsa-3072 now, or leave it out"
        yield Finding("key-type-weak", Level.WARNING, subject, told, way_out)
    if kind == "rsa-4096":
        told = "rsa-4096 makes handshakes slower than ecdsa-p256"
        yield Finding("key-type-dated", Level.INFO, subject, told, "leave key_type out, unless clients need RSA")
    if kind == "ed25519":
        told = "browsers take no ed25519: handshakes with them fail"
        yield Finding("key-type-unusual", Level.WARNING, subject, told, "leave key_type out, unless clients are yours")
    if STRENGTH.get(kind, 0) < STRENGTH.get(before, 0):
        told = f"{kind} is weaker than {before}, which serves now"
        yield Finding("key-type-weaker", Level.WARNING, subject, told, f"set key_type to {before}")


def _names(facts: Facts) -> Iterator[Finding]:
    if (count := len(facts.domains)) > MANY_NAMES:
        told = f"{count} names share one key: one that can't be proved holds up all others"
        way_out = f"split it into certificates of at most {MANY_NAMES} names"
        yield Finding("names-many", Level.WARNING, facts.domains[0], told, way_out)
    for name in facts.domains:
        if cover := next((other for other in _wildcards(facts) if other != name and covers(other, name)), None):
            way_out = f"remove {name} from domains"
            yield Finding("name-redundant", Level.INFO, name, f"{cover} covers it already", way_out)
    dns = [name for name in facts.domains if not address(name)]
    if dns and all(len(name) > MAX_COMMON_NAME for name in dns):
        told = f"no name fits the common name's {MAX_COMMON_NAME} characters: some issuers refuse, some old clients too"
        yield Finding("common-name-missing", Level.WARNING, dns[0], told, "add a shorter name as well")


def _wildcard(facts: Facts) -> Iterator[Finding]:
    bases = {name: base(name) for name in _wildcards(facts)}
    for name, below in bases.items():
        if not any(covers(other, below) for other in facts.domains):
            level = Level.WARNING if below == facts.zone else Level.INFO
            way_out = f"add {below} to domains if clients use it"
            yield Finding("wildcard-without-apex", level, name, f"it does not cover {below} itself", way_out)
        if suffixes.is_public(below) and below not in INTERNAL:
            told = f"it would speak for all domains under {below}, which is a public suffix"
            yield Finding("wildcard-public-suffix", Level.ERROR, name, told, "name a domain of your own")
        if (above := parent(below)) in bases.values():
            told = f"*.{above} stands beside it and reaches one label deep only, which is often overlooked"
            way_out = "keep both only if names at both depths are served"
            yield Finding("wildcard-nested", Level.INFO, name, told, way_out)


def _public(facts: Facts) -> Iterator[Finding]:
    for name in facts.domains if facts.public else ():
        ip = address(name)
        if ip is None and ("." not in base(name) or any(within(name, internal) for internal in INTERNAL)):
            told = "no public CA can prove a name that is not in public DNS"
            yield Finding("internal-name", Level.ERROR, name, told, "use the embedded issuer")
        reach = reach_of_any(str(ip)) if ip else None
        if ip and reach is not Reach.PUBLIC:
            told = "no public CA signs for an address that is not public"
            yield Finding("internal-name", Level.ERROR, name, told, "use the embedded issuer, or a name")
        if reach is Reach.PUBLIC and facts.lifetime_hours > 160:
            told = "public CAs sign for addresses only in certificates of about six days"
            yield Finding("address-public", Level.WARNING, name, told, "take the profile shortlived, or use a name")


def _zone(facts: Facts) -> Iterator[Finding]:
    for name in facts.domains if facts.zone else ():
        if not address(name) and not within(name, facts.zone):
            told = f"it lies outside the zone {facts.zone}, so that zone can neither prove nor serve it"
            way_out = "give its zone, or move it into a certificate of its own"
            yield Finding("name-outside-zone", Level.WARNING, name, told, way_out)


def _confusable(facts: Facts) -> Iterator[Finding]:
    for name in facts.domains:
        for scripts in map(_scripts, name.split(".")):
            if len(scripts) > 1:
                told = f"one label mixes the scripts {', '.join(sorted(scripts))}: it may imitate another name"
                way_out = "check the name letter by letter, and remove it if it is not yours"
                yield Finding("name-confusable", Level.WARNING, name, told, way_out)


def _in_use(facts: Facts) -> Iterator[Finding]:
    subject = facts.domains[0]
    if facts.state is State.EXPIRED:
        told = "the certificate in use has expired, so clients refuse it"
        yield Finding("certificate-expired", Level.ERROR, subject, told, "run `pulumi up` now, and then on a schedule")
    if facts.state is State.LATE:
        told = "more than half of the renewal window has passed without a renewal"
        yield Finding(
            "renewal-late", Level.WARNING, subject, told, "run `pulumi up` on a schedule, daily or more often"
        )
    if facts.state is State.FUTURE:
        told = "the certificate in use, or an authority in its chain, begins in the future, so clients refuse it"
        way_out = (
            "see that this machine's clock is right (SOPHIA_NOW too); an `up` renews what the embedded CA dated wrong"
        )
        yield Finding("clock-wrong", Level.ERROR, subject, told, way_out)
    if facts.held_back:
        told = f"a certificate is due, and the one before stays: {facts.held_back}"
        way_out = f"mend what failed; after a failed try, {RETRY}={subject} pulumi up orders at once"
        yield Finding("order-held-back", Level.WARNING, subject, told, way_out)
    if facts.unmatched:
        told = f"revoke names {facts.unmatched}, which is not the certificate that stands: nothing is revoked"
        way_out = "give the serial_number that `sophia cert show` tells, or take revoke out"
        yield Finding("revoke-unmatched", Level.WARNING, subject, told, way_out)
    if facts.list_ends:
        told = (
            f"its authority's revocation list ends on {facts.list_ends}: clients then refuse all, or take the revoked"
        )
        way_out = "run `pulumi up`, which signs it anew, on a schedule"
        yield Finding("revocation-list-ends", Level.WARNING, subject, told, way_out)


def _renewal(facts: Facts) -> Iterator[Finding]:
    subject = facts.domains[0]
    if facts.explanation:
        told = f"its CA explains when it is to be renewed: {shown(facts.explanation)}"
        yield Finding("renewal-explained", Level.INFO, subject, told, "read it; `pulumi up` renews in time by itself")
    if facts.waits:
        told = f"its renewal is due, and waits for maintenance until {facts.waits}"
        yield Finding("renewal-waits", Level.INFO, subject, told, "run `pulumi up` then; near its end it waits no more")
    if facts.fault:
        told = f"its CA suggests when to renew, but not as RFC 9773 has it: {facts.fault}"
        way_out = "ask the CA if it stays so; what it said before holds, or the usual share of the lifetime"
        yield Finding("renewal-info-invalid", Level.INFO, subject, told, way_out)
    if facts.chain_ends_first:
        told = "an authority in its chain expires before the certificate does"
        yield Finding("chain-ends-first", Level.WARNING, subject, told, "renew at the issuer once its authority is new")


def _wildcards(facts: Facts) -> list[str]:
    return [name for name in facts.domains if name.startswith("*.")]


def _scripts(label: str) -> set[str]:
    if not label.startswith("xn--"):
        return set()
    import idna

    letters = [char for char in idna.ulabel(label) if char.isalpha()]
    found = {unicodedata.name(char, "UNKNOWN").split()[0] for char in letters}
    return {"JAPANESE"} if found <= {"CJK", "HIRAGANA", "KATAKANA"} else found


_TOPICS = (_lifetime, _window, _key, _names, _wildcard, _public, _zone, _confusable, _in_use, _renewal)
