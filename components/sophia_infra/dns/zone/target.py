"""Names in RDATA that somebody follows: where they stand, and what may become of it."""

from enum import Enum, auto

from sophia_infra.dns.rr.record import Record

# Where the target stands among the fields of the RDATA.
_TARGET_FIELD = {
    "CNAME": 0,
    "DNAME": 0,
    "NS": 0,
    "PTR": 0,
    "MX": 1,
    "SVCB": 1,
    "HTTPS": 1,
    "SRV": 3,
}


class Target(Enum):
    """What becomes of somebody who follows a name in RDATA, as far as this zone alone can tell."""

    ELSEWHERE = auto()  # outside the zone, below a delegation, or not known yet
    NOTHING = auto()  # the root: by convention "no such service"
    LITERAL = auto()  # an IP address where a name belongs
    DOT_MISSING = auto()  # the origin was appended to a name that was meant to be complete
    DOT_EXTRA = auto()  # a bare label with a dot, so the origin was not appended
    MISSING = auto()  # in the zone, and no such name
    EMPTY = auto()  # the name exists without an address
    ALIAS = auto()
    HOST = auto()


def target_of(record: Record) -> str:
    """Return the absolute name that an MX, NS, SRV, CNAME, DNAME, PTR, SVCB or HTTPS record points at."""
    field = _TARGET_FIELD[record.type]
    if field == 0:
        return record.rdata
    return record.rdata.split(" ", field + 1)[field] if record.rdata.count(" ") >= field else "."


def retarget(record: Record, name: str) -> Record:
    """Return the record pointing at another absolute name."""
    fields = record.rdata.split(" ")
    fields[_TARGET_FIELD[record.type]] = name
    return record._replace(rdata=" ".join(fields))
