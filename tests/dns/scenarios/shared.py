"""Zones that somebody else writes to as well: `manage` and `ignore`."""

from tests.dns.scenarios.model import Scenario, Step, scenario

MAIL, HERITAGE = "@ MX 5 m.other.example.\n", 'x TXT "heritage=external-dns,owner=a"\n'
TOKEN = '_acme-challenge TXT "token"\n'
THEIRS = 'legacy A 192.0.2.66\nlegacy TXT "keep"\n'
MINE, MOVED = "shop A 192.0.2.1\nwww.shop CNAME shop\n", "shop A 192.0.2.2\nwww.shop CNAME shop\n"


def _ignoring(name: str, kept: str, *ignore: str) -> Scenario:
    """Foreign records stay through a create, an update and the end of all that is asked for."""
    return scenario(
        f"ignore {name}",
        Step(MINE, kept, by_hand=kept, ignore=ignore),
        Step(MOVED, kept, ignore=ignore),
        Step("", kept, ignore=ignore),
    )


SHARED = [
    _ignoring("a name", THEIRS, "legacy"),
    _ignoring("a name and type", 'legacy TXT "keep"\n', "legacy TXT"),
    _ignoring("a value", HERITAGE, '** TXT "heritage=*'),
    _ignoring("a type anywhere", TOKEN + HERITAGE, "** TXT"),
    _ignoring("a name and all below", "a.b A 192.0.2.66\nb A 192.0.2.67\n", "b", "**.b"),
    _ignoring("an apex set", MAIL, "@ MX"),
    _ignoring("a challenge", TOKEN, "_acme-challenge* TXT"),
    _ignoring("a wildcard", "* A 192.0.2.66\n", "*", "** A 192.0.2.66"),
    scenario(
        "one value of a set is somebody else's",
        Step('t TXT "mine"\n', 't TXT "theirs"\n', by_hand='t TXT "theirs"\n', ignore=('t TXT "theirs"',)),
        Step('t TXT "mine too"\n', 't TXT "theirs"\n', ignore=('t TXT "theirs"',)),
        Step("", 't TXT "theirs"\n', ignore=('t TXT "theirs"',)),
    ),
    scenario(
        "what is ignored can't be asked for",
        Step(MINE, TOKEN, by_hand=TOKEN, ignore=("_acme-challenge TXT",)),
        Step(MINE + TOKEN, TOKEN, ignore=("_acme-challenge TXT",), refused="ignored"),
        Step(MINE, TOKEN, ignore=("_acme-challenge TXT",)),
    ),
    scenario(
        "manage some names",
        Step(MINE, THEIRS + MAIL, by_hand=THEIRS + MAIL, manage=("shop", "**.shop")),
        Step(MOVED, THEIRS + MAIL, manage=("shop", "**.shop")),
        Step("", THEIRS + MAIL, manage=("shop", "**.shop")),
    ),
    scenario(
        "manage a type of a name",
        Step("@ A 192.0.2.1\n", MAIL, by_hand=MAIL, manage=("@ A",)),
        Step("@ A 192.0.2.2\n", MAIL, manage=("@ A",)),
    ),
    scenario(
        "what lies outside of what is managed is refused",
        Step(MINE, THEIRS, by_hand=THEIRS, manage=("shop", "**.shop")),
        Step(MINE + "other A 192.0.2.1\n", THEIRS, manage=("shop", "**.shop"), refused="not-managed"),
        Step(MOVED, THEIRS, manage=("shop", "**.shop")),
    ),
    scenario(
        "manage what was created here",
        Step(MINE, THEIRS, by_hand=THEIRS, manage=("created",)),
        Step(MOVED + "more A 192.0.2.3\n", THEIRS, manage=("created",)),
        Step(MOVED, THEIRS, manage=("created",)),
        Step("", THEIRS, manage=("created",)),
    ),
    scenario(
        "what somebody else created is not taken over",
        Step(MINE, THEIRS, by_hand=THEIRS, manage=("created",)),
        Step(MINE + "legacy A 192.0.2.1\n", THEIRS, manage=("created",), refused="already-live"),
    ),
    scenario(
        "somebody else adds while we manage a part",
        Step(MINE, THEIRS, by_hand=THEIRS, manage=("shop", "**.shop")),
        Step(MINE, THEIRS + MAIL, by_hand=MAIL, manage=("shop", "**.shop")),
        Step(MOVED, THEIRS + MAIL, manage=("shop", "**.shop")),
    ),
    scenario(
        "from a part to the whole",
        Step(MINE, THEIRS, by_hand=THEIRS, manage=("shop", "**.shop")),
        Step(MINE + THEIRS),
        Step(MINE),
    ),
    scenario("adopt what is live", Step(THEIRS + MINE, by_hand=THEIRS), Step(MINE)),
    scenario("adopt and remove what nobody asks for", Step(MINE, by_hand=THEIRS + MAIL)),
]
