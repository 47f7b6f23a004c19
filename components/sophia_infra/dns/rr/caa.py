"""CAA records (RFC 8659): the property that one holds, and the tags that IANA lists as in use."""

from typing import NamedTuple

from sophia_infra.dns.rr.txt import decode

CERTIFYING = frozenset({"issue", "issuewild"})
ISSUING = CERTIFYING | {"issuemail", "issuevmc"}
TAGS = ISSUING | {"iodef", "contactemail", "contactphone"}
CRITICAL = 128
"""The one flag: a CA that does not know the tag must not issue (section 4.1)."""


class CaaProperty(NamedTuple):
    """A property; its tag is in lower case."""

    flags: int
    tag: str
    value: str

    @property
    def issuer(self) -> str:
        """The domain of the CA that it permits, in lower case; empty for nobody."""
        return self.value.partition(";")[0].strip().lower()


def property_of(rdata: str) -> CaaProperty:
    """Return the property that canonical RDATA holds."""
    flags, tag, value = rdata.split(" ", 2)
    return CaaProperty(int(flags), tag.lower(), decode(value))
