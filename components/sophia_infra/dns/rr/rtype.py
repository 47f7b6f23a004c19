"""The table of record types: what the zone's rules, plans, readers and wires need to know of one. No dnspython."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

from sophia_infra.dns.rr.record import Record

_T = TypeVar("_T")


class Form(Enum):
    """RDATA that the readers and writers of the common types handle themselves, since that is ten times faster."""

    A = auto()
    AAAA = auto()
    ALIAS = auto()  # one name, in no message: what backends call an alias at the apex is no type of the DNS
    CAA = auto()
    MX = auto()
    NAME = auto()  # one name, which RFC 1035 lets a message compress (RFC 3597 section 4)
    SOA = auto()
    SRV = auto()
    STRINGS = auto()


@dataclass(frozen=True, slots=True)
class RType:
    """One record type.

    `names` are the fields of the RDATA, from 0, that hold domain names. `target` is the one of them that whoever reads
    the record looks up next, None where nobody does. `needs_host` says that the record is of no use while nothing
    answers there: its target leads nowhere, and no reverse name or mailbox is meant.
    """

    names: tuple[int, ...] = ()
    target: int | None = None
    needs_host: bool = False
    form: Form | None = None


def _host(field: int, form: Form | None = None) -> RType:
    return RType((field,), field, needs_host=True, form=form)


RTYPES: Mapping[str, RType] = {
    "A": RType(form=Form.A),
    "AAAA": RType(form=Form.AAAA),
    "AFSDB": RType((1,), 1),
    "ALIAS": _host(0, Form.ALIAS),
    "CAA": RType(form=Form.CAA),
    "CNAME": _host(0, Form.NAME),
    "DNAME": _host(0),
    "HTTPS": _host(1),
    "KX": RType((1,), 1),
    "LP": RType((1,), 1),
    "MX": _host(1, Form.MX),
    "NAPTR": RType((5,), 5),
    "NS": _host(0, Form.NAME),
    "PTR": RType((0,), 0, form=Form.NAME),
    "RP": RType((0, 1)),
    "SOA": RType((0, 1), form=Form.SOA),
    "SPF": RType(form=Form.STRINGS),
    "SRV": _host(3, Form.SRV),
    "SVCB": _host(1),
    "TXT": RType(form=Form.STRINGS),
}
"""The types of which there is something to know; of any other, RDATA is text that nobody here looks into."""

ALIAS = "ALIAS"
"""A name that has the addresses of another one, beside other records: no type of the DNS, but of some backends."""
ALIASES = ("CNAME", ALIAS)
HOSTS = ("A", "AAAA", *ALIASES)
"""Types that say where a name leads."""

NEEDS_HOST = frozenset(name for name, rtype in RTYPES.items() if rtype.needs_host)

_OTHER = RType()


def rtype_of(name: str) -> RType:
    """Return what is known of a type, nothing for one that is not in the table."""
    return RTYPES.get(name, _OTHER)


def target_in(rtype: str, rdata: str) -> str:
    """Return the absolute name that RDATA points at, `.` where a set of SVCB or HTTPS ends before its name.

    Raises:
        KeyError: nothing is known of the type.
    """
    field = RTYPES[rtype].target or 0
    if field == 0:
        return rdata
    return rdata.split(" ", field + 1)[field] if rdata.count(" ") >= field else "."


def target_of(record: Record) -> str:
    """Return the absolute name that a record points at, as `target_in`."""
    return target_in(record.type, record.rdata)


def retarget(record: Record, name: str) -> Record:
    """Return the record pointing at another absolute name."""
    fields = record.rdata.split(" ")
    fields[RTYPES[record.type].target or 0] = name
    return record._replace(rdata=" ".join(fields))


def fast_paths(by_form: Mapping[Form, _T]) -> dict[str, _T]:
    """Return the types whose RDATA has one of some forms, each with what handles that form."""
    return {name: by_form[rtype.form] for name, rtype in RTYPES.items() if rtype.form and rtype.form in by_form}
