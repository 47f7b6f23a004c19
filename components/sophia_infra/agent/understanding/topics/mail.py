"""Mail: who handles it, who may send it, and what receivers do with what may not."""

from sophia_infra.agent.inventory import RRset
from sophia_infra.agent.operations import AddRecords, Operation, RemoveRecords, SetRecords
from sophia_infra.agent.understanding.intent import Intent, Kind, Wish
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.values import named
from sophia_infra.dns.rr import txt

_ZONE = ("zone",)
_POLICIES = ("quarantine", "reject")


def _published(wish: Wish, owner: str, begins: str, what: str) -> tuple[str, RRset, str]:
    """Return the zone, the TXT set at an owner, and the one record of it that begins so."""
    zone = wish.only("zone", "a zone, such as shop.example")
    sets = wish.inventory.of(zone, owner, "TXT")
    found = [value for each in sets for value in each.values if txt.decode(value).lower().startswith(begins)]
    return (zone, sets[0], found[0]) if len(found) == 1 else wish.lacks(f"one {what} record in {zone}; it has {len(found)}")


def _spf(wish: Wish) -> tuple[Operation, ...]:
    zone, _, old = _published(wish, "@", "v=spf1", "SPF")
    sender = next(iter(named(wish)), "") or wish.lacks("whose SPF record to include, such as _spf.google.com")
    terms = txt.decode(old).split()
    if (term := f"include:{sender}") in terms:
        return ()
    at = next((at for at, each in enumerate(terms) if each.lower().lstrip("+-~?") == "all"), len(terms))
    new = txt.strings(" ".join((*terms[:at], term, *terms[at:])).encode())
    return RemoveRecords(zone, "@", "TXT", (old,)), AddRecords(zone, "@", "TXT", (new,))


def _dmarc(wish: Wish) -> tuple[Operation, ...]:
    wanted = [policy for policy in _POLICIES if wish.says(policy)]
    policy = wanted[0] if len(wanted) == 1 else wish.lacks("the policy: quarantine or reject")
    zone, rrset, old = _published(wish, "_dmarc", "v=dmarc1", "DMARC")
    tags = [tag.strip() for tag in txt.decode(old).split(";") if tag.strip()]
    new = "; ".join(f"p={policy}" if tag.partition("=")[0].strip().lower() == "p" else tag for tag in tags)
    return (SetRecords(zone, "_dmarc", "TXT", (txt.strings(new.encode()),), rrset.ttl),)


INTENTS = (
    Intent(
        "mail.move",
        Kind.CHANGE,
        "mail goes to another provider",
        "move mail of shop.example to Google Workspace",
        ("move mail", "switch mail", "set mail #provider", "put mail #provider", "point mail #provider"),
        _ZONE,
        takes=(Of.PROVIDER, Of.RTYPE),
        also=(Of.PROVIDER,),
        words="server",
    ),
    Intent(
        "mail.spf",
        Kind.CHANGE,
        "another sender may send mail: its SPF record is included",
        "allow _spf.google.com to send mail for shop.example",
        ("allow send", "add spf", "allow mail", "set spf"),
        _ZONE,
        needs=True,
        takes=(Of.RTYPE,),
        words="mail record name",
        others=True,
        build=_spf,
    ),
    Intent(
        "mail.dmarc",
        Kind.CHANGE,
        "receivers quarantine or reject what fails DMARC",
        "tighten DMARC of shop.example to quarantine",
        ("tighten dmarc", "set dmarc", "raise dmarc", "move dmarc", "make dmarc"),
        _ZONE,
        needs=True,
        takes=(Of.RTYPE,),
        words="quarantine reject policy record mail",
        build=_dmarc,
    ),
    Intent(
        "mail.none",
        Kind.CHANGE,
        "a domain neither receives nor sends mail (null MX, RFC 7505)",
        "disable mail for park.example",
        ("disable mail", "stop mail"),
        _ZONE,
        needs=True,
        words="server",
        build=lambda wish: (SetRecords(wish.only("zone", "a zone"), "@", "MX", ("0 .",)),),
    ),
    Intent(
        "mail.show",
        Kind.READ,
        "who handles mail",
        "who handles mail for shop.example?",
        ("who mail", "where mail", "show mail", "which mail", "what mail"),
        _ZONE,
    ),
    Intent(
        "mail.check",
        Kind.READ,
        "whether SPF, DKIM and DMARC are as they should be",
        "is the SPF of shop.example ok?",
        ("spf ok", "dmarc ok", "dkim ok", "mail ok", "check spf", "check dmarc", "check dkim", "check mail", "show spf", "show dmarc", "what spf", "what dmarc", "show dkim", "is spf", "is dmarc"),
        _ZONE,
    ),
)
