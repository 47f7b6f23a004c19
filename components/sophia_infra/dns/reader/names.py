"""Domain names: presentation form in, canonical form out (RFC 1035 section 5.1, RFC 4343, RFC 5890)."""

import re

import dns.exception
import dns.name

from sophia_infra.dns.reader.problems import Refused, bounded, quoted

_PLAIN = re.compile(r"(?:[A-Za-z0-9_*/-]{1,63}\.)*[A-Za-z0-9_*/-]{1,63}\.?")
_TEXT_LIMIT = 254
"""Characters of an absolute name without escapes, trailing dot included: 255 octets on the wire."""
IDNA = dns.name.IDNA_2008_Practical
"""UTS 46 mapping, then IDNA 2008; labels of plain ASCII, such as `_dmarc`, stay as they are."""


class Targets(dict[str, str]):
    """Names as written under one `$ORIGIN` -> absolute, lower case, A-labels, trailing dot; each worked out once."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self.origin = origin
        self.suffix = origin if origin == "." else f".{origin}"

    def __missing__(self, text: str) -> str:
        self[text] = name = self._absolute(text)
        return name

    def _absolute(self, text: str) -> str:
        if text == "@":
            return self.origin
        if _PLAIN.fullmatch(text):
            name = text if text.endswith(".") else text + self.suffix
            if len(name) <= _TEXT_LIMIT:
                return name.lower()
        return parsed(text, self.origin).to_text()


class Owners(dict[str, str]):
    """Owner names as written under one `$ORIGIN` -> relative to the zone's origin, `@` for the apex."""

    def __init__(self, zone: str, targets: Targets) -> None:
        super().__init__()
        self._zone, self._targets = zone, targets

    def __missing__(self, text: str) -> str:
        try:
            self[text] = owner = relative(self._targets[text], self._zone)
        except Refused as refusal:
            raise refusal.about("owner") from None
        return owner

    @property
    def plain_limit(self) -> int:
        """How long a relative owner name without escapes may be; 0 where the origin is not the zone's own."""
        return _TEXT_LIMIT - len(self._targets.suffix) if self._targets.origin == self._zone else 0


def relative(name: str, zone: str) -> str:
    """Return an absolute canonical name relative to its zone. Refuses a name that is not in the zone."""
    if name == zone:
        return "@"
    suffix = zone if zone == "." else f".{zone}"
    escaped = name.endswith("\\" + suffix) and not dns.name.from_text(name).is_subdomain(dns.name.from_text(zone))
    if escaped or not name.endswith(suffix):
        message = f"{quoted(name)} is not in the zone {zone}"
        raise Refused("out-of-zone", "owner", message, value=name)
    return name[: -len(suffix)]


def unambiguous(name: str, origin: str) -> str:
    """Return a name; refuses one of several labels without a trailing dot, which could as well be meant in full."""
    if "." in name and not name.endswith("."):
        message = f"{quoted(name)} could mean {bounded(name)}. or {bounded(name)}.{origin}"
        raise Refused("name-ambiguous", "name", message, value=name)
    return name


def zone_origin(text: str) -> str:
    """Return a zone's name in canonical form, absolute; a trailing dot is not asked for."""
    try:
        return Targets(".")[text]
    except Refused as refusal:
        raise Refused("origin-invalid", "origin", str(refusal), value=text) from None


def parsed(text: str, origin: str) -> dns.name.Name:
    """Return any name, escapes and U-labels included, absolute and in lower case."""
    if not text:
        raise Refused("name-invalid", "name", "there is no name", value=text)
    try:
        name = dns.name.from_text(text, dns.name.from_text(origin), IDNA).canonicalize()
    except dns.name.LabelTooLong:
        raise Refused("label-too-long", "name", _too_long_label(text), value=text) from None
    except dns.name.NameTooLong:
        raise Refused("name-too-long", "name", _too_long_name(text, origin), value=text) from None
    except (dns.exception.DNSException, ValueError, IndexError):
        raise Refused("name-invalid", "name", f"{quoted(text)} is not a domain name", value=text) from None
    return name


def _too_long_label(text: str) -> str:
    label = max(text.split("."), key=len)
    octets = f"{len(label)} octets" if label.isascii() and "\\" not in text else "more than 63 octets"
    return f"the label {quoted(label)} has {octets}, the limit is 63"


def _too_long_name(text: str, origin: str) -> str:
    full = text if text.endswith(".") else f"{text}.{origin.rstrip('.')}."
    octets = f"{len(full) + 1} octets" if text.isascii() and "\\" not in full else "more than 255 octets"
    return f"the name {quoted(text)} under {origin} has {octets}, the limit is 255"
