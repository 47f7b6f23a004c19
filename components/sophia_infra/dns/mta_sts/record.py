"""What the records of MTA-STS and TLS reporting say, and what is wrong with them."""

import re

from sophia_infra.dns.rr.txt import quote, tags

_ID = re.compile(r"[A-Za-z0-9]{1,32}")


def is_policy(text: str) -> bool:
    """Whether a text announces an MTA-STS policy to senders (RFC 8461 section 3.1)."""
    return tags(text)[:1] == (("v", "STSv1"),)


def is_report(text: str) -> bool:
    """Whether a text asks for TLS reports (RFC 8460 section 3)."""
    return tags(text)[:1] == (("v", "TLSRPTv1"),)


def policy_fault(texts: list[str]) -> str:
    """Return what is wrong with the MTA-STS records of a name in one phrase, or nothing."""
    if len(texts) > 1:
        return "stands there more than once"
    if not is_policy(texts[0]):
        return f"does not start with `v=STSv1`: {quote(texts[0])}"
    value = dict(tags(texts[0])).get("id", "")
    return "" if _ID.fullmatch(value) else f"needs an id of 1 to 32 letters and digits, not {quote(value)}"


def report_fault(texts: list[str]) -> str:
    """Return what is wrong with the TLS reporting records of a name in one phrase, or nothing."""
    if len(texts) > 1:
        return "stands there more than once"
    if not is_report(texts[0]):
        return f"does not start with `v=TLSRPTv1`: {quote(texts[0])}"
    addresses = dict(tags(texts[0])).get("rua", "")
    if all(address.strip().startswith(("mailto:", "https:")) for address in addresses.split(",")):
        return ""
    return f"names an address that is neither `mailto:` nor `https:`: {quote(addresses)}"
