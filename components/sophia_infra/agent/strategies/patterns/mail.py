"""Mail to another provider, and what a domain says of mail that it sends."""

from collections.abc import Iterator

from sophia_infra.agent.operations import Operations, SetRecords
from sophia_infra.agent.strategies.model import Stage
from sophia_infra.agent.strategies.ways import AT_ONCE, HOUR, SHORT, STAGED, WEEK, Pattern, Way, gently, raised
from sophia_infra.agent.understanding.intent import Wish
from sophia_infra.agent.understanding.tokens import Kind
from sophia_infra.agent.understanding.topics.mail import policies, with_text
from sophia_infra.agent.understanding.values import named
from sophia_infra.dns.dmarc.record import policy_of, with_policy
from sophia_infra.dns.lint.mail import MAIL_SERVICES, MailService
from sophia_infra.dns.mail_policies import DMARC, SPF, MailPolicy
from sophia_infra.dns.spf.record import with_sender

_POLICIES = ("quarantine", "reject")
_FALLBACK = 50
"""The preference that the exchangers of before have while mail moves: they get what the new ones do not take."""
PROVIDERS = {each.name: each for each in MAIL_SERVICES if each.name}


def _vendor(wish: Wish) -> MailService | None:
    """A service whose exchangers are named: all else is the vendor's to say."""
    exchangers = tuple(f"{10 * at} {name}." for at, name in enumerate(named(wish), 1))
    theirs = "what SPF includes and the DKIM key are the vendor's to give"
    return MailService((), "", "", mx=exchangers, theirs=theirs) if exchangers else None


def _text(wish: Wish, zone: str, of: MailPolicy) -> str:
    """The zone's record of a policy; empty where there is none. Two are nobody's to choose from."""
    found = policies(wish.inventory, zone, of)
    if len(found) > 1:
        wish.lacks(f"which {of.name} record of {zone} holds: it has {len(found)}, so none of them does")
    return found[0] if found else ""


def _saying(wish: Wish, zone: str, of: MailPolicy, new: str) -> Operations:
    """What has the one record of a policy say this."""
    before = _text(wish, zone, of)
    return () if before == new else with_text(wish.inventory, zone, of.owner, before, new)


def _spf(wish: Wish, zone: str, sender: str) -> Operations:
    """What has the SPF record include a sender as well."""
    before = _text(wish, zone, SPF) or "v=spf1 ~all"
    given = not sender or f"include:{sender}" in before.split()
    return () if given else _saying(wish, zone, SPF, with_sender(before, sender))


def _filled(text: str, zone: str) -> str:
    return text.format(zone=zone, dashed=zone.replace(".", "-"))


def _move(wish: Wish, _: Operations) -> Iterator[Way]:
    zone = wish.only("zone")
    said = [token.text for token in wish.every(Kind.PROVIDER)]
    provider = PROVIDERS.get(said[0]) if len(said) == 1 else None if said else _vendor(wish)
    if provider is None:
        wish.lacks(f"the provider that mail goes to: {', '.join(PROVIDERS)}")
    exchangers = tuple(_filled(each, zone) for each in provider.mx)
    sends = (
        *_spf(wish, zone, provider.include),
        *(SetRecords(zone, owner, "CNAME", (_filled(to, zone),)) for owner, to in provider.dkim),
    )
    here = [each for each in wish.inventory.of(zone, "@", "MX") if each.values != ("0 .",)]
    dmarc = _text(wish, zone, DMARC) or "there is none"
    source = f"from {provider.source}, {provider.seen}"
    told = (f"SPF must include {provider.include}", f"DMARC stays: {dmarc}", source)
    notes = told if provider.include else told[1:2]
    done = (provider.theirs,)
    to = f"the {len(exchangers)} MX" if len(exchangers) > 1 else "the new MX"
    swap = SetRecords(zone, "@", "MX", exchangers)
    if here:
        hosts = {each.partition(" ")[2] for each in exchangers}
        before = [each.partition(" ")[2] for each in here[0].values]
        old = tuple(f"{_FALLBACK} {host}" for host in before if host not in hosts)
        both = SetRecords(zone, "@", "MX", (*exchangers, *old), SHORT)
        first = gently(here, Stage(f"add {to}", (both,)))
        title = f"{first[0].title} and extend SPF" if sends else first[0].title
        first = (Stage(title, (*sends, *first[0].operations)), *first[1:])
        back = tuple(SetRecords(zone, "@", "MX", exchangers, each.ttl) for each in here)
        yield Way(STAGED, (*first, Stage("remove the old ones", back, HOUR)), notes, done)
    yield Way(AT_ONCE, (Stage("replace MX and SPF", (*sends, swap)),), notes, done)


def _dmarc(wish: Wish, operations: Operations) -> Iterator[Way]:
    zone = wish.only("zone")
    before = _text(wish, zone, DMARC)
    now = policy_of(before)
    wanted = next(policy for policy in _POLICIES if wish.says(policy))  # understanding asked for it
    notes = ("between two steps read the reports (rua=) for senders of yours that fail",)
    if now and now.domain == "none" and wanted == "reject":
        first = _saying(wish, zone, DMARC, with_policy(before, "quarantine"))
        steps = Stage("p=quarantine", first), Stage("p=reject", operations, 2 * WEEK)
        yield Way(STAGED, steps, notes)
    yield Way(AT_ONCE, (Stage(f"p={wanted}", operations),), notes)


def silenced(wish: Wish, zone: str) -> Operations:
    """What has a domain say that it neither receives nor sends mail (RFC 7505, RFC 7208 section 3, RFC 9989)."""
    return (
        SetRecords(zone, "@", "MX", ("0 .",)),
        *_saying(wish, zone, SPF, "v=spf1 -all"),
        *_saying(wish, zone, DMARC, "v=DMARC1; p=reject"),
    )


def _none(wish: Wish, _: Operations) -> Iterator[Way]:
    zone = wish.only("zone")
    operations = silenced(wish, zone)
    mx = wish.inventory.of(zone, "@", "MX")
    yield Way(STAGED, (*gently(mx, Stage("null MX, SPF -all, DMARC reject", operations)), *raised(mx)))
    yield Way(AT_ONCE, (Stage("null MX, SPF -all, DMARC reject", operations),))
    yield Way("send only", (Stage("null MX", operations[:1]),), ("what it sends is judged as before",))


# fmt: off
# a table: a row is one pattern
PATTERNS = (
    Pattern("mail to a provider", "mail.move", "SPF and DKIM first, old exchangers as a fallback, then they go", _move),
    Pattern("DMARC in steps", "mail.dmarc", "none, quarantine, reject, two weeks apart", _dmarc),
    Pattern("no mail", "mail.none", "null MX, SPF that permits nobody, DMARC that rejects", _none),
)
# fmt: on
