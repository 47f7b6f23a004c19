"""The rules for certificates, one small function each, in a map by their stable codes. Pure.

docs/rules.md explains every code. The levels: `error` breaks clients or the order, `warning` will hurt, `info` is good
to know. A clean certificate has no finding at all.
"""

import unicodedata
from collections.abc import Callable, Iterator

from sophia_infra import suffixes
from sophia_infra.advice.model import Finding, Level
from sophia_infra.tls import caa
from sophia_infra.tls.facts import Facts, State
from sophia_infra.tls.keys import MAX_COMMON_NAME
from sophia_infra.tls.names import address, base, covers, parent, within

VERSION = "1"
MIN_WINDOW_HOURS = 24
MIN_SHARE, MAX_SHARE = 0.1, 0.67
MANY_NAMES = 50
BLOCKING = frozenset({"caa-forbids-issuer", "internal-name", "lifetime-over-limit", "wildcard-public-suffix"})
"""What an order can't survive: the issuer would refuse it, or no client would take the certificate."""

INTERNAL = ("local", "localhost", "internal", "lan", "home", "corp", "test", "invalid", "home.arpa", "example", "onion")
STRENGTH = {"rsa-2048": 112, "ecdsa-p256": 128, "rsa-3072": 128, "rsa-4096": 140, "ecdsa-p384": 192}
"""Bits of security, after NIST SP 800-57 part 1, table 2."""

Found = tuple[Level, str, str, str]
Rule = Callable[[Facts], Iterator[Found]]


def judge(facts: Facts) -> list[Finding]:
    """Return what all rules have to say, in the order of the rules."""
    return [Finding(code, *found) for code, rule in RULES.items() for found in rule(facts)]


def _lifetime_over_limit(facts: Facts) -> Iterator[Found]:
    if facts.public and facts.lifetime_hours > facts.max_days * 24:
        told = (
            f"{facts.lifetime_hours // 24} days is over the {facts.max_days} that browsers and public CAs accept today"
        )
        yield Level.ERROR, _subject(facts), told, f"set lifetime to {facts.max_days}d or less"


def _lifetime_limit_ahead(facts: Facts) -> Iterator[Found]:
    if facts.public and facts.max_days * 24 >= facts.lifetime_hours > facts.coming_days * 24 > 0:
        told = f"within 90 days the limit for public certificates falls to {facts.coming_days} days"
        yield Level.WARNING, _subject(facts), told, f"set lifetime to {facts.coming_days}d or less"


def _lifetime_long(facts: Facts) -> Iterator[Found]:
    if not facts.public and facts.lifetime_hours > 398 * 24:
        told = f"a key that serves for {facts.lifetime_hours // 24} days is exposed for all of them"
        yield Level.INFO, _subject(facts), told, "leave lifetime out for 90d; renewal needs nobody"


def _window_short(facts: Facts) -> Iterator[Found]:
    if facts.window_hours < MIN_WINDOW_HOURS:
        told = f"only {facts.window_hours:.0f} hours to renew in: a daily run may miss them"
        yield Level.WARNING, _subject(facts), told, "lengthen lifetime, or run `pulumi up` several times a day"


def _window_small(facts: Facts) -> Iterator[Found]:
    if facts.window < MIN_SHARE:
        told = f"a renewal window of {facts.window:.0%} leaves little time when an order fails"
        yield Level.WARNING, _subject(facts), told, "leave renewal_window out, for a third of the lifetime"


def _window_large(facts: Facts) -> Iterator[Found]:
    if facts.window > MAX_SHARE:
        told = f"a renewal window of {facts.window:.0%} throws most of each lifetime away and meets rate limits"
        yield Level.INFO, _subject(facts), told, "shorten lifetime instead"


def _key_old_fashioned(facts: Facts) -> Iterator[Found]:
    if facts.key_type in {"rsa-2048", "rsa-4096"}:
        told = f"{facts.key_type} makes handshakes slower or weaker than ecdsa-p256"
        yield Level.INFO, _subject(facts), told, "leave key_type out, unless clients need RSA"


def _key_weaker(facts: Facts) -> Iterator[Found]:
    if STRENGTH.get(facts.key_type, 0) < STRENGTH.get(facts.key_type_before, 0):
        told = f"{facts.key_type} is weaker than {facts.key_type_before}, which serves now"
        yield Level.WARNING, _subject(facts), told, f"set key_type to {facts.key_type_before}"


def _names_many(facts: Facts) -> Iterator[Found]:
    if len(facts.domains) > MANY_NAMES:
        told = f"{len(facts.domains)} names share one key: one that can't be proved holds up all others"
        yield Level.WARNING, _subject(facts), told, f"split it into certificates of at most {MANY_NAMES} names"


def _name_redundant(facts: Facts) -> Iterator[Found]:
    wildcards = [name for name in facts.domains if name.startswith("*.")]
    for name in facts.domains:
        if cover := next((one for one in wildcards if one != name and covers(one, name)), None):
            yield Level.INFO, name, f"{cover} covers it already", f"remove {name} from domains"


def _wildcard_without_apex(facts: Facts) -> Iterator[Found]:
    for name in _wildcards(facts):
        below = base(name)
        if not any(covers(one, below) for one in facts.domains):
            level = Level.WARNING if below == facts.zone else Level.INFO
            yield level, name, f"it does not cover {below} itself", f"add {below} to domains if clients use it"


def _wildcard_public_suffix(facts: Facts) -> Iterator[Found]:
    for name in _wildcards(facts):
        below = base(name)
        if suffixes.is_public(below) and below not in INTERNAL:
            told = f"it would speak for all domains under {below}, which is a public suffix"
            yield Level.ERROR, name, told, "name a domain of your own"


def _wildcard_deeper(facts: Facts) -> Iterator[Found]:
    bases = {base(name) for name in _wildcards(facts)}
    for name in _wildcards(facts):
        above = parent(base(name))
        if above in bases:
            told = f"*.{above} stands beside it and reaches one label deep only, which is often overlooked"
            yield Level.INFO, name, told, "keep both only if names at both depths are served"


def _common_name(facts: Facts) -> Iterator[Found]:
    dns = [name for name in facts.domains if not address(name)]
    if dns and all(len(name) > MAX_COMMON_NAME for name in dns):
        told = f"no name fits the common name's {MAX_COMMON_NAME} characters: some issuers refuse, some old clients too"
        yield Level.WARNING, dns[0], told, "add a shorter name as well"


def _internal_name(facts: Facts) -> Iterator[Found]:
    for name in facts.domains if facts.public else ():
        ip = address(name)
        if ip is None and ("." not in base(name) or any(within(name, one) for one in INTERNAL)):
            yield (
                Level.ERROR,
                name,
                "no public CA can prove a name that is not in public DNS",
                "use the embedded issuer",
            )
        elif ip is not None and not ip.is_global:
            yield Level.ERROR, name, "no public CA signs for a private address", "use the embedded issuer, or a name"


def _address_public(facts: Facts) -> Iterator[Found]:
    for name in facts.domains if facts.public else ():
        ip = address(name)
        if ip is not None and ip.is_global and facts.lifetime_hours > 160:
            told = "public CAs sign for addresses only in certificates of about six days"
            yield Level.WARNING, name, told, "set lifetime to 6d, or use a name"


def _outside_zone(facts: Facts) -> Iterator[Found]:
    for name in facts.domains if facts.zone else ():
        if not address(name) and not within(name, facts.zone):
            told = f"it lies outside the zone {facts.zone}, so that zone can neither prove nor serve it"
            yield Level.WARNING, name, told, "give its zone, or move it into a certificate of its own"


def _caa_forbids_issuer(facts: Facts) -> Iterator[Found]:
    for name in facts.domains if facts.public and facts.caa_identity else ():
        allowed = caa.allowed(name, facts.caa, facts.zone)
        if allowed is not None and facts.caa_identity not in allowed:
            told = f"the CAA records above it allow {', '.join(sorted(allowed)) or 'nobody'}, not {facts.caa_identity}"
            yield Level.ERROR, name, told, f'add `CAA 0 {caa.tag(name)} "{facts.caa_identity}"` to the zone'


def _confusable(facts: Facts) -> Iterator[Found]:
    for name in facts.domains:
        for label in name.split("."):
            if len(scripts := _scripts(label)) > 1:
                told = f"one label mixes the scripts {', '.join(sorted(scripts))}: it may imitate another name"
                yield Level.WARNING, name, told, "check the name letter by letter, and remove it if it is not yours"


def _expired(facts: Facts) -> Iterator[Found]:
    if facts.state is State.EXPIRED:
        told = "the certificate in use has expired, so clients refuse it"
        yield Level.ERROR, _subject(facts), told, "run `pulumi up` now, and then on a schedule"


def _renewal_late(facts: Facts) -> Iterator[Found]:
    if facts.state is State.LATE:
        told = "more than half of the renewal window has passed without a renewal"
        yield Level.WARNING, _subject(facts), told, "run `pulumi up` on a schedule, daily or more often"


def _clock_wrong(facts: Facts) -> Iterator[Found]:
    if facts.state is State.FUTURE:
        told = "the certificate in use begins in the future: a clock is wrong, here or at the issuer"
        yield Level.ERROR, _subject(facts), told, "set this machine's clock (check SOPHIA_NOW too), then preview again"


def _chain_ends_first(facts: Facts) -> Iterator[Found]:
    if facts.chain_ends_first:
        told = "an authority in its chain expires before the certificate does"
        yield Level.WARNING, _subject(facts), told, "renew at the issuer once its authority is new"


def _subject(facts: Facts) -> str:
    return facts.domains[0]


def _wildcards(facts: Facts) -> list[str]:
    return [name for name in facts.domains if name.startswith("*.")]


def _scripts(label: str) -> set[str]:
    if not label.startswith("xn--"):
        return set()
    import idna

    letters = [char for char in idna.ulabel(label) if char.isalpha()]
    found = {unicodedata.name(char, "UNKNOWN").split()[0] for char in letters}
    return {"JAPANESE"} if found <= {"CJK", "HIRAGANA", "KATAKANA"} else found


RULES: dict[str, Rule] = {
    "caa-forbids-issuer": _caa_forbids_issuer,
    "certificate-expired": _expired,
    "chain-ends-first": _chain_ends_first,
    "clock-wrong": _clock_wrong,
    "common-name-missing": _common_name,
    "internal-name": _internal_name,
    "key-type-dated": _key_old_fashioned,
    "key-type-weaker": _key_weaker,
    "lifetime-limit-ahead": _lifetime_limit_ahead,
    "lifetime-long": _lifetime_long,
    "lifetime-over-limit": _lifetime_over_limit,
    "name-confusable": _confusable,
    "name-outside-zone": _outside_zone,
    "name-redundant": _name_redundant,
    "names-many": _names_many,
    "address-public": _address_public,
    "renewal-late": _renewal_late,
    "wildcard-nested": _wildcard_deeper,
    "wildcard-public-suffix": _wildcard_public_suffix,
    "wildcard-without-apex": _wildcard_without_apex,
    "window-large": _window_large,
    "window-short": _window_short,
    "window-small": _window_small,
}
