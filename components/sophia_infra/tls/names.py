"""The names a certificate may carry, in canonical form: DNS names, wildcards and IP addresses."""

import ipaddress
import re
from collections.abc import Iterator

MAX_NAME = 253
MAX_COMMON_NAME = 64  # RFC 5280 appendix A, ub-common-name
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def normalize(name: str) -> str:
    """Return a name in canonical form: lower case, IDNA A-labels, no final dot; addresses as RFC 5952 writes them.

    A wildcard is the whole leftmost label, `*.shop.example` (RFC 9525 section 6.3).

    Raises:
        ValueError: the name can't stand in a certificate; the message says why, and gives the way out.
    """
    stripped = name.strip().removesuffix(".")
    if found := address(stripped):
        return str(found)
    star, base = ("*.", stripped[2:]) if stripped.startswith("*.") else ("", stripped)
    if "*" in base:
        raise ValueError(f"{name!r} has a wildcard that is not its whole leftmost label; write it like *.shop.example")
    try:
        return star + _dns_name(base)
    except ValueError as error:
        raise ValueError(f"{name!r} {error}" if len(name) <= MAX_NAME else f"{name[:64]!r}... {error}") from None


def address(name: str) -> Address | None:
    """Return the IP address that a name is, or None. An IPv4 address mapped into IPv6 is the IPv4 address."""
    try:
        found = ipaddress.ip_address(name)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        return None if found.scope_id else found.ipv4_mapped or found
    return found


def covers(name: str, other: str) -> bool:
    """Say whether a certificate for `name` is good for `other`: the same name, or one label under a wildcard."""
    return name == other or (name.startswith("*.") and name[2:] == parent(other))


def parent(name: str) -> str:
    """Return the name one label up: `shop.example` for `www.shop.example`, empty for a top-level domain."""
    return name.partition(".")[2]


def climbed(name: str) -> Iterator[str]:
    """Yield a name, and all above it up to the top-level domain."""
    while name:
        yield name
        name = parent(name)


def base(name: str) -> str:
    """Return the name itself, or the name under which a wildcard stands."""
    return name.removeprefix("*.")


def within(name: str, domain: str) -> bool:
    """Say whether a DNS name is `domain` or lies below it."""
    return base(name) == domain or base(name).endswith(f".{domain}")


def _dns_name(text: str) -> str:
    ascii_name = text.lower() if text.isascii() else _idna(text, "is not a valid internationalised name")
    if len(ascii_name) > MAX_NAME:
        raise ValueError(f"has {len(ascii_name)} characters; the limit is {MAX_NAME}")
    labels = ascii_name.split(".")
    if bad := [label for label in labels if not _LABEL.fullmatch(label)]:
        raise ValueError(
            f"has the label {bad[0]!r}; a label has 1 to 63 letters, digits or hyphens and neither begins nor ends with"
            " a hyphen"
        )
    if labels[-1].isdigit():
        raise ValueError("is neither an IP address nor a DNS name: a top-level label is not a number")
    for label in labels:
        if label.startswith("xn--"):
            _idna(label, f"has the label {label!r}, which is not valid IDNA")
    return ascii_name


def _idna(text: str, fault: str) -> str:
    """Return a Unicode name in ASCII, and one label in ASCII as Unicode: each is how it is found valid."""
    import idna

    try:
        return idna.ulabel(text) if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError(f"{fault}: {error}") from None
