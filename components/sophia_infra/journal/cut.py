"""Where a pruned journal begins: what its newest `prune` row says of what left, and of what stays. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sophia_infra.journal.chain import EMPTY, Head


@dataclass(frozen=True, slots=True)
class Cut:
    """The chain goes on after `head`, a row that left. `stay` is the digest of those up to it that stay."""

    head: Head
    stay: str

    @classmethod
    def make(cls, head: Head, staying: Iterable[Head]) -> Self:
        """Return the cut after a row, with the rows up to it that stay, in their order."""
        digest = hashlib.sha256()
        for row in staying:
            digest.update(f"{row}\n".encode())
        return cls(head, digest.hexdigest())

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Read the body of a `prune` row.

        Raises:
            KeyError, ValueError: it is none.
        """
        return cls(Head.parse(str(body["head"])), str(body["stay"]))

    def to_body(self) -> dict[str, Any]:
        """Return what a `prune` row says of it."""
        return {"head": str(self.head), "stay": self.stay}


WHOLE = Cut.make(EMPTY, ())
"""The cut of a journal that was never pruned."""
