"""What may become of somebody who follows a name in RDATA."""

from enum import Enum, auto


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
