"""Whether whatever serves a zone answers what a change promised, or what it answered before: it is not told yet then.

Who takes the updates, such as the primary of `rfc2136` or a file, has a change at once: any other answer is failed.
Servers that are told of it by others get time, and one that is late is inconclusive after that, and not failed: what it
answers is what was right until now, the change is served where it was written, and taking that back would go the same
slow way, so that resolvers get the new answer, the old one and the new one again. A person looks at what is late.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from sophia_infra.dns.backends import Lag, lag_of, open_backend
from sophia_infra.dns.live.name_server import AT_ONCE, NameServer
from sophia_infra.dns.reader.names import zone_origin
from sophia_infra.dns.rr.record import apex_of, from_text, records_of, subjects_of, to_text
from sophia_infra.errors import SophiaError
from sophia_infra.probes.addresses import Question, answers_to
from sophia_infra.probes.measured import Measured, Phase, worst
from sophia_infra.values import listed

_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)
"""What the refresh of an SOA is held to: without NOTIFY a secondary asks so often (RFC 1035 section 3.3.13)."""
_APEX = "@ 0 SOA .\n@ 0 NS .\n"
"""Asks for the servers of a zone, and how often they refresh it."""


def answered(
    zone: str,
    backend: Mapping[str, Any],
    former: str,
    expected: str,
    folder: Path = Path(),
    propagation: timedelta | None = None,
) -> Measured:
    """Ask whatever serves a zone for record sets; the worst answer counts.

    Of `rfc2136` that is the server that takes the updates, and then the name servers of the zone, unless `propagation`
    is none at all; of those that can't be asked from here `why` tells, and they hold nothing up. Of other kinds it is
    what the zone's delegation names.

    Args:
        zone: its domain.
        backend: the settings of the backend that changed it.
        former, expected: the sets as canonical lines, as they were and as they are to be.
        folder: that of the project, which a relative path of a master file is below.
        propagation: how long name servers may take until they serve a change; None for what fits the backend.
    """
    promise, kind = _Promise(zone, former, expected, propagation), str(backend.get("kind", "file"))
    try:
        if kind == "file":
            with chdir(folder):
                source = open_backend(backend, zone)
            return promise.judge(source.location, source.read().text)
        if kind == "rfc2136":
            return _of_primary(backend, promise)
        servers = _delegated(zone)
    except (SophiaError, OSError) as error:
        return Measured(Phase.INCONCLUSIVE, str(error))
    return promise.told_in(lag_of(kind)).ask(servers)


@dataclass(frozen=True, slots=True)
class _Promise:
    """What servers are to answer for the sets that change.

    Attributes:
        zone: of the sets.
        former, expected: the sets as canonical lines, as they were and as they are to be.
        propagation: how long it may take until a server is told, None for what fits it.
        is_told: whether they are told by another, and may be late.
        follows: whether they follow one that serves what is expected. What they answer is late then, whatever it is:
            they may be several changes behind; and one that can't be asked from here says nothing.
        proxied: the record types in whose place a proxy's addresses may be answered.
    """

    zone: str
    former: str
    expected: str
    propagation: timedelta | None = None
    is_told: bool = False
    follows: bool = False
    proxied: frozenset[str] = frozenset()

    @property
    def asked(self) -> str:
        """The sets to ask for, as canonical lines."""
        return self.former + self.expected

    def told_in(self, lag: Lag, *, follows: bool = False) -> Self:
        """Return what servers are to answer that others tell, as late as is usual where no time is given."""
        propagation = lag.propagation if self.propagation is None else self.propagation
        return replace(self, propagation=propagation, is_told=True, follows=follows, proxied=lag.proxied)

    def ask(self, servers: Iterable[NameServer]) -> Measured:
        """Ask all of some servers; the worst answer counts."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return worst(pool.map(self._ask, servers))

    def _ask(self, server: NameServer) -> Measured:
        try:
            return self.judge(server.host, server.sets_of(self.zone, self.asked))
        except (SophiaError, OSError) as error:
            if self.follows:
                return Measured(Phase.SUCCESSFUL, f"{server.host} is not asked: {error}")
            return Measured(Phase.INCONCLUSIVE, str(error))

    def judge(self, place: str, text: str) -> Measured:
        """Judge what is answered: as promised, as before within the time to be told, or otherwise."""
        found = to_text(records_of(text, subjects_of(self.asked)))
        wrong = _differing(found, self.expected)
        strange = sorted({*wrong}.intersection(_differing(found, self.former)))
        if not wrong:
            return Measured(Phase.SUCCESSFUL)
        if self.is_told and (self.follows or not strange):
            return Measured(Phase.PENDING, f"{place} {self._late(wrong, strange)}", self.propagation or timedelta())
        told = f"{place} answers otherwise for {listed(strange or wrong)}"
        if self.proxied and self.proxied.issuperset(subject.rpartition(" ")[2] for subject in strange):
            return Measured(Phase.INCONCLUSIVE, f"{told}: of what is proxied the proxy's addresses are answered")
        return Measured(Phase.FAILED, told)

    def _late(self, wrong: list[str], strange: list[str]) -> str:
        if strange:
            return f"does not follow yet: it answers otherwise for {listed(strange)}"
        old = records_of(self.former, wrong)
        return f"still answers the old {listed(old)}" if old else f"does not answer {listed(wrong)} yet"


def _differing(one: str, other: str) -> list[str]:
    """The record sets in which two canonical zone texts differ."""
    return sorted({record.subject for record in set(from_text(one)) ^ set(from_text(other))})


def _of_primary(backend: Mapping[str, Any], promise: _Promise) -> Measured:
    """Ask the server that takes the updates, and where it serves them the servers that follow it."""
    primary = NameServer(str(backend["server"]), int(backend.get("port", 53)))
    text = primary.sets_of(promise.zone, promise.asked + _APEX)
    found, apex = promise.judge(primary.host, text), apex_of(text)
    if found.phase is not Phase.SUCCESSFUL or promise.propagation == timedelta():
        return found
    refresh = next(
        (timedelta(seconds=int(each.rdata.split()[3])) for each in apex if each.type == "SOA"), Lag().propagation
    )
    following = promise.told_in(Lag(max(_SHORTEST, min(refresh, _LONGEST))), follows=True)
    return following.ask(NameServer(each.rdata) for each in apex if each.type == "NS")


def _delegated(zone: str) -> list[NameServer]:
    question = Question(zone_origin(zone), "NS")
    found = answers_to([question])[question]
    if not found.addresses:
        told = f"the name servers of {zone} are not known: {found.why or 'it is delegated to none'}"
        raise SophiaError(told, subject=zone)
    return [NameServer(host) for host in found.addresses]
