"""What the records of MTA-STS and TLS reporting say, and what is wrong with them."""

import re
from collections.abc import Iterable

from sophia_infra.dns.rr.txt import quote, tags

_ID = re.compile(r"[A-Za-z0-9]{1,32}")


def is_policy(text: str) -> bool:
    """Whether a text announces an MTA-STS policy to senders (RFC 8461 section 3.1)."""
    return tags(text)[:1] == (("v", "STSv1"),)


def broken(old: Iterable[str], new: Iterable[str]) -> str:
    """Return why senders no longer find a policy; of more than one they take none (RFC 8461 section 3.1)."""
    before, after = (sum(map(is_policy, texts)) for texts in (old, new))
    return "senders find no MTA-STS policy any more" if before == 1 and after != 1 else ""


def is_report(text: str) -> bool:
    """Whether a text asks for TLS reports (RFC 8460 section 3)."""
    return tags(text)[:1] == (("v", "TLSRPTv1"),)


def fault(texts: list[str], version: str) -> str:
    """Return what is wrong with the records of a name, `STSv1` or `TLSRPTv1`, in one phrase, or nothing."""
    values = dict(tags(texts[0]))
    found, addresses = values.get("id", ""), values.get("rua", "")
    if len(texts) > 1:
        return "stands there more than once"
    if tags(texts[0])[:1] != (("v", version),):
        return f"does not start with `v={version}`: {quote(texts[0])}"
    if version == "STSv1":
        return "" if _ID.fullmatch(found) else f"needs an id of 1 to 32 letters and digits, not {quote(found)}"
    known = all(address.strip().startswith(("mailto:", "https:")) for address in addresses.split(","))
    return "" if known else f"names an address that is neither `mailto:` nor `https:`: {quote(addresses)}"
