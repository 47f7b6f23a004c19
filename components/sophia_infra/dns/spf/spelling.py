"""What somebody meant who wrote an SPF record's words in a way that receivers don't read."""

import re
from ipaddress import ip_interface

from sophia_infra.dns.lint.spelling import QUOTES, is_one_off
from sophia_infra.dns.spf.record import MECHANISMS

_START = re.compile(r"\A\s*(?:in\s+txt\s+)?v?[\s=:\-]{0,5}spf\s*[12]?(?![0-9])[\s;,:.]*", re.IGNORECASE)
_CHARACTERS = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\t\r\n;"), " "),
    **dict.fromkeys(map(ord, f"\u200b\ufeff`{QUOTES}")),
}
# A blank within a term, a blank in place of its colon, and none between two terms.
_TORN = re.compile(r"(?<=[a-z0-9])\s*([:=])\s+(?=\S)|(?<=[~?\-])\s+(?=all\b)", re.IGNORECASE)
_UNMARKED = re.compile(r"\b(include|ip4|ip6|exists|redirect)\s+(?=[^\s:=.]+\.)", re.IGNORECASE)
_GLUED = re.compile(r"(?<=[a-z0-9])(?=[~?]all\b|-all$|(?:include|ip4|ip6|exists|redirect)[:=])", re.IGNORECASE)
_NAMES = {"ipv4": "ip4", "ipv6": "ip6", "ip": "ip4", "includes": "include", "al": "all", "alll": "all", "all.": "all"}
_LONG_NAMES = ("include", "exists", "redirect")
_HOST = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z]{2,}", re.IGNORECASE)


def corrected(text: str) -> str:
    """Return the text of an SPF record with its words as they were meant; whether they are sound, the caller finds."""
    plain = _START.sub("", text.translate(_CHARACTERS), count=1)
    if "%" not in plain:
        plain = plain.replace(",", " ")
    for pattern, between in ((_TORN, r"\1"), (_UNMARKED, r"\1:"), (_GLUED, " ")):
        plain = pattern.sub(between, plain)
    return " ".join(("v=spf1", *dict.fromkeys(map(_word, plain.split()))))


def _word(word: str) -> str:
    """Return one term with the name and the separator that go with its value."""
    qualifier = word[0] if word[0] in "+-~?" else ""
    whole = word.removeprefix(qualifier)
    end = next((position for position, letter in enumerate(whole) if letter in ":=/"), len(whole))
    written, separator, value = whole[:end].lower(), whole[end : end + 1], whole[end + 1 :]
    near = [name for name in _LONG_NAMES if is_one_off(written, name)]
    name = _NAMES.get(written) or (near[0] if near else whole[:end])
    if address := _address(whole) or (name in MECHANISMS and _address(value)):
        return f"{qualifier}{address}"
    if name in {"ip4", "ip6"} and _HOST.fullmatch(value):
        name = "a"
    meant = {":": "=" if name in {"redirect", "exp"} else ":", "=": ":" if name in MECHANISMS else "="}
    return f"{qualifier}{name}{meant.get(separator, separator)}{value}"


def _address(text: str) -> str:
    """Return the term for an address or a network, with its mask as a prefix length; nothing for other text."""
    try:
        found = ip_interface(text.rstrip("."))
    except ValueError:
        return ""
    address, slash, _ = text.rstrip(".").partition("/")
    return f"ip{found.version}:{address}{f'/{found.network.prefixlen}' if slash else ''}"
