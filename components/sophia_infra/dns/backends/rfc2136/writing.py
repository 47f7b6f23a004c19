"""Steps sent to the server one message after another, so that no other writer comes between unnoticed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.rfc2136.connection import Connection
from sophia_infra.dns.backends.rfc2136.encoding import Encoder
from sophia_infra.dns.backends.rfc2136.refusals import refusal
from sophia_infra.dns.backends.rfc2136.steps import Step
from sophia_infra.dns.backends.rfc2136.updates import Guard, Packer, Update
from sophia_infra.dns.records import Record

_AT_ONCE = 8
"""Updates under way at once: a server takes several into one transaction, and none waits for a round trip."""
_DONE = "NOERROR"
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
            # the SOA is as wanted by now: it stands in every message but the last
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
        flight = _Flight(self._connection, self._place, len(steps))
        for update in packer.updates(steps, live, wanted):
            # messages that ask for sets would go on after one that failed; those that ask for the serial can't
            flight.make_room(_AT_ONCE if guard is Guard.SERIAL else 1)
            if flight.code != _DONE:
                break
            flight.send(update)
        flight.land()
        if flight.code in _MOVED:
            return flight.made
        if flight.code != _DONE:
            written = f"{flight.made} of {len(steps)} steps were written" if flight.made else "nothing was written"
            raise BackendError(f"{refusal(flight.code, self._place, _DEED)}; {written}")
        return None


class _Flight:
    """Updates under way: which were made, and the code of the first that was not.

    Each asks for what the one before it leaves behind, so those that are made come before all that are not.
    """

    def __init__(self, connection: Connection, place: str, steps: int) -> None:
        self._connection, self._place, self._steps = connection, place, steps
        self._sent: dict[int, Update] = {}
        self.made, self.code = 0, _DONE

    def send(self, update: Update) -> None:
        with self._accounted():
            self._sent[self._connection.update(update.prerequisites, update.updates, update.body)] = update

    def make_room(self, most: int) -> None:
        """Wait until fewer than so many are under way."""
        while len(self._sent) >= most:
            self._take()

    def land(self) -> None:
        """Wait for the answers to all."""
        self.make_room(1)

    def _take(self) -> None:
        with self._accounted():
            answer = self._connection.reply(_DEED)
        update = self._sent.pop(answer.id)
        if answer.code == _DONE:
            self.made += len(update.steps)
        elif self.code in {_DONE, *_MOVED}:
            # what was sent behind a message that failed finds its prerequisite broken
            self.code = answer.code

    @contextmanager
    def _accounted(self) -> Iterator[None]:
        try:
            yield
        except BackendError as error:
            written = f"{self.made} of {self._steps} steps were written, and what was just sent may have been"
            raise BackendError(f"{error}; {written}: {_AGAIN}") from None
