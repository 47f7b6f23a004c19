"""Steps sent to the server one message after another, so that no other writer comes between unnoticed."""

from collections.abc import Iterator, Sequence

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.rfc2136.connection import Connection
from sophia_infra.dns.backends.rfc2136.encoding import Encoder
from sophia_infra.dns.backends.rfc2136.refusals import refusal
from sophia_infra.dns.backends.rfc2136.steps import Step
from sophia_infra.dns.backends.rfc2136.updates import Guard, Packer, Update
from sophia_infra.dns.records import Record

_MOVED = frozenset({"NXDOMAIN", "NXRRSET", "YXDOMAIN", "YXRRSET"})
"""What the server answers where a prerequisite does not hold (RFC 2136 section 3.2)."""
_DEED = "update"
_AGAIN = "run the preview again and look at it"


class Writer:
    """Writes to one zone over one connection."""

    def __init__(self, connection: Connection, origin: str, place: str) -> None:
        self._connection, self._place = connection, place
        self._encoder = Encoder(origin)

    def write(self, steps: Sequence[Step], live: Record, wanted: Record, guard: Guard) -> bool:
        """Make the steps, and the SOA `wanted` of the `live` one; False where the zone had moved: nothing was written.

        Where the serial moves on the way, as it does when others write other sets, each further message asks for the
        sets that it changes instead.

        Raises:
            BackendError: a step fits no message, or a message failed; the error says how much was written.
        """
        stopped = self._send(steps, live, wanted, guard)
        if stopped and guard is Guard.SERIAL:
            # the SOA is as wanted by now: it stands in every message
            further = self._send(steps[stopped:], wanted, wanted, Guard.SETS)
            stopped = None if further is None else stopped + further
        if stopped:
            raise BackendError(
                f"{self._place}: another writer changed the same record sets meanwhile; {stopped} of {len(steps)} "
                f"steps were written, the rest was not: {_AGAIN}"
            )
        return stopped is None

    def _send(self, steps: Sequence[Step], live: Record, wanted: Record, guard: Guard) -> int | None:
        """Return None when all is made, or else how many steps were before the server found a prerequisite broken."""
        packer = Packer(self._encoder, guard)
        packer.refuse_too_large(steps, self._place)
        updates = packer.updates(steps, live, wanted)
        made, update = 0, next(updates, None)
        while update:
            # one at a time: sent behind one that fails, the next could find the serial that it asks for made by others
            code, following = self._sent(update, updates, f"{made} of {len(steps)} steps were written")
            if code in _MOVED:
                return made
            if code != "NOERROR":
                written = f"{made} of {len(steps)} steps were written" if made else "nothing was written"
                raise BackendError(f"{refusal(code, self._place, _DEED)}; {written}")
            made, update = made + len(update.steps), following
        return None

    def _sent(self, update: Update, updates: Iterator[Update], written: str) -> tuple[str, Update | None]:
        """Return the code that answers an update, and the update after it, made while the server works."""
        try:
            self._connection.update(update.prerequisites, update.updates, update.body)
            following = next(updates, None)
            return self._connection.reply(_DEED).code, following
        except BackendError as error:
            raise BackendError(f"{error}; {written}, and what was just sent may have been: {_AGAIN}") from None
