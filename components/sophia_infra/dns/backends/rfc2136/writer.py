"""Steps sent to the server one message after another, so that no other writer comes between unnoticed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.rfc2136.connection import Connection, Server
from sophia_infra.dns.backends.rfc2136.encoding import Encoder
from sophia_infra.dns.backends.rfc2136.transfer import soa
from sophia_infra.dns.backends.rfc2136.updates import Guard, Packer, Step, Update
from sophia_infra.dns.rr.record import Record

_AT_ONCE = 8
"""Updates under way at once: a server may take several into one transaction, and none waits for a round trip."""
_DONE = "NOERROR"
_MOVED = frozenset({"NXDOMAIN", "NXRRSET", "YXDOMAIN", "YXRRSET"})
"""What the server answers where a prerequisite does not hold (RFC 2136 section 3.2)."""
_AGAIN = "run the preview again and look at it"


class Writer:
    """Writes to one zone over one connection."""

    def __init__(self, connection: Connection, server: Server) -> None:
        self._connection, self._server = connection, server
        self._encoder = Encoder(server.origin)

    def write(self, steps: Sequence[Step], live: Record, wanted: Record | None, guard: Guard) -> bool:
        """Make the steps, and the SOA `wanted` of the `live` one; False where the zone had moved: nothing was written.

        Without `wanted`, and so under `Guard.SETS`, no message writes the SOA: the key may not, or it is nobody's here.

        Where the serial moves on the way, as it does when others write other sets, each further message asks for the
        sets that it changes instead.

        Raises:
            BackendError: a step fits no message, or a message failed; the error says how much was written.
        """
        made, code = self._send(steps, live, wanted or live, guard)
        if made and code in _MOVED and guard is Guard.SERIAL:
            guard = Guard.SETS
            further, code = self._send(steps[made:], live, wanted or live, guard)
            made += further
        if wanted and made and code != _DONE:
            with suppress(BackendError):  # what failed is told below; the next preview shows an SOA that is not right
                self._settle(wanted)
        elif wanted and code == _DONE and guard is Guard.SETS:
            self._settle(wanted)
        if code == _DONE or (code in _MOVED and not made):
            return code == _DONE
        location = self._server.location
        why = f"{location}: another writer changed the same record sets meanwhile"
        why = why if code in _MOVED else str(self._server.refusal(code, "update"))
        written = f"{made} of {len(steps)} steps were written, the rest was not" if made else "nothing was written"
        kind = "another-writer" if code in _MOVED else "refused"
        raise BackendError(f"{why}; {written}: {_AGAIN}", code=kind, subject=location, value=made)

    def _send(self, steps: Sequence[Step], live: Record, wanted: Record, guard: Guard) -> tuple[int, str]:
        """Return how many steps were made, and the code of the message that stopped it, if one did."""
        packer = Packer(self._encoder, guard)
        packer.refuse_too_large(steps, self._server.location)
        flight = _Flight(self._connection, len(steps))
        for update in packer.updates(steps, live, wanted):
            # behind one that failed a message that asks for sets would be taken; one that asks for the SOA is not
            flight.make_room(_AT_ONCE if guard is Guard.SERIAL else 1)
            if flight.code != _DONE:
                break
            flight.send(update)
        flight.make_room(1)
        return flight.made, flight.code

    def _settle(self, wanted: Record) -> None:
        """Set the SOA after messages of which none could say what its serial would be."""
        live = soa(self._connection, self._server)
        if live:
            self._send((), live, wanted, Guard.SETS)


class _Flight:
    """Updates under way: how many steps were made, and the code of the first message that was not taken.

    Each asks for what the one before it leaves, so all that were taken stand before all that were not.
    """

    def __init__(self, connection: Connection, steps: int) -> None:
        self._connection, self._steps = connection, steps
        self._sent: dict[int, Update] = {}
        self.made, self.code = 0, _DONE

    def send(self, update: Update) -> None:
        """Send a message."""
        with self._accounted():
            self._sent[self._connection.update(update.prerequisites, update.updates, update.body)] = update

    def make_room(self, most: int) -> None:
        """Wait until fewer than so many are under way."""
        while len(self._sent) >= most:
            with self._accounted():
                answer = self._connection.reply()
            update = self._sent.pop(answer.id, None)
            if update and answer.code == _DONE:
                self.made += len(update.steps)
            elif self.code in {_DONE, *_MOVED}:
                # whatever was sent behind a message that failed finds its prerequisite broken: that is not the reason
                self.code = answer.code

    @contextmanager
    def _accounted(self) -> Iterator[None]:
        try:
            yield
        except BackendError as error:
            written = f"{self.made} of {self._steps} steps were written, and what was just sent may have been"
            code = "refused" if error.code == "refused" else "not-known"
            raise BackendError(
                f"{error}; {written}: {_AGAIN}", code=code, subject=error.subject, value=self.made
            ) from None
