"""What a row of the journal is to the code that writes and reads it: a frozen dataclass.

A row type stands beside the code it belongs to: advice in `advice/`, a zone's rows in `dns/`. The journal itself knows
no word of theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from sophia_infra.journal.chain import Kind


class Row(Protocol):
    """One type of row: its one writer is `to_body`, its one reader `from_body`.

    `KIND` says what sort of event it is, `RESOURCE` what sort of resource it is about, such as `certificate`; empty
    where it is about no resource. Two resources may have rows of one kind, which `RESOURCE` tells apart.

    A row MUST hold no secret. `to_body` MUST return JSON values. `from_body` MUST read what every release before wrote:
    a key is never renamed or given another meaning, and a key that came later has a default.

    The storage finds rows by these keys of a body, whatever else it holds:

    - `run`: the engine's run that wrote it.
    - `place`: the location it is about; the row's key where there is none.
    - `created` (in an intent): the subjects it sets out to write.
    - `holder`, `label`, `removed` (in an outcome): the resource whose last word on its location this is, and whether
      that word is that it has no part in it any more.
    """

    KIND: ClassVar[Kind]
    RESOURCE: ClassVar[str]

    def to_body(self) -> dict[str, Any]:
        """Return the body of the row."""

    @classmethod
    def from_body(cls, body: Mapping[str, Any], /) -> Self:
        """Read a body.

        Raises:
            KeyError, TypeError, ValueError: it is not that of such a row.
        """


R = TypeVar("R", bound=Row)
R_co = TypeVar("R_co", bound=Row, covariant=True)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[R_co]):
    """A row as it stands in the journal: a later one has a higher `sequence`; `time` is in UTC."""

    sequence: int
    time: datetime
    key: str
    row: R_co
