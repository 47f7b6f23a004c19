"""A zone as a master file declares it, with record sets changed in the text of that.

Whatever is written is read again by the library's reader: it must hold what was asked for, and all else as before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from sophia_infra.changes import EditingError
from sophia_infra.dns.editing.entries import Edit, Values
from sophia_infra.dns.reader import Reading, ZoneTextError, read_rdata, zone_apex, zone_name
from sophia_infra.dns.reader.names import Owners, Targets
from sophia_infra.dns.reader.problems import Refused
from sophia_infra.dns.reader.rdata import type_of

Sets = dict[tuple[str, str], Values]
"""Record sets by their owner, relative to the apex in canonical form, and their type."""


@dataclass(frozen=True)
class DeclaredZone:
    """A zone in the text of a master file. A change of it is another one, whose text differs in the set alone.

    Every change raises EditingError where a record stands where it can't be changed by itself: in an included file, or
    made by `$GENERATE`; and ZoneTextError where a name server would refuse the text, or what would become of it.

    Attributes:
        text: of the file, its byte order mark and line ends too.
        domain: of the zone.
        read: reads a text as if it stood in the file.
    """

    text: str
    domain: str
    read: Callable[[str], Reading]

    @cached_property
    def reading(self) -> Reading:
        """The text as it is read; ZoneTextError where a name server would refuse it."""
        found = self.read(self.text)
        found.sound()
        return found

    @cached_property
    def sets(self) -> Sets:
        """The record sets that it declares; raises as `reading`."""
        return _sets_of(self.reading)

    def with_records(
        self, owner: str, rtype: str, values: Sequence[str], ttl: int | None = None, *, stay: bool = False
    ) -> Self:
        """Return it with a set of exactly these values; with `stay` beside those that it has.

        Without `ttl` the set keeps the one it has, and a new one has what the file gives it.
        """
        subject = self._subject(owner, rtype)
        given, held = self._rdata(rtype, values), self.sets.get(subject, {})
        if subject[1] == "CNAME" and f"{subject[0]}.{zone_name(self.domain)}." in given:
            told = f"{subject[0]} CNAME would be an alias of itself"
            raise EditingError(told, code="own-alias", subject=" ".join(subject))
        ttl = next(iter(held.values()), None) if ttl is None else ttl
        return self._with_set(subject, dict.fromkeys([*(held if stay else ()), *given], ttl))

    def without(self, owner: str, rtype: str, values: Sequence[str] = ()) -> Self:
        """Return it without some records of a set; without values the set goes.

        Raises:
            EditingError: one of them is not there.
        """
        subject, given = self._subject(owner, rtype), self._rdata(rtype, values)
        held = self._held(subject)
        for rdata in given:
            _need(rdata in held, " ".join((*subject, rdata)))
        return self._with_set(subject, {rdata: ttl for rdata, ttl in held.items() if given and rdata not in given})

    def without_name(self, owner: str) -> Self:
        """Return it without all sets of a name; EditingError where it has none."""
        name = self._subject(owner, "A")[0]
        gone = [subject for subject in self.sets if subject[0] == name]
        _need(gone, name)
        found = self
        for subject in gone:
            found = found._with_set(subject, {})
        return found

    def with_ttl(self, owner: str, rtype: str, ttl: int) -> Self:
        """Return it with another TTL of a set; EditingError where the set is not there."""
        subject = self._subject(owner, rtype)
        return self._with_set(subject, dict.fromkeys(self._held(subject), ttl))

    def _subject(self, owner: str, rtype: str) -> tuple[str, str]:
        try:
            apex = zone_apex(self.domain, self.domain)
            return Owners(apex, Targets(apex))[owner], type_of(rtype.upper())
        except Refused as refusal:
            raise ZoneTextError([refusal.at(self.domain, 0, f"{owner} {rtype}")]) from None

    def _rdata(self, rtype: str, values: Sequence[str]) -> list[str]:
        return [read_rdata(rtype, value, self.domain) for value in values]

    def _held(self, subject: tuple[str, str]) -> Values:
        _need(subject in self.sets, " ".join(subject))
        return self.sets[subject]

    def _with_set(self, subject: tuple[str, str], values: Values) -> Self:
        """It with a set of these records; the name of a new one is written relative to the apex, else in full."""
        held = self.sets.get(subject, {})
        kept = {rdata for rdata, ttl in values.items() if rdata in held and ttl in (None, held[rdata])}
        if kept == held.keys() == values.keys():
            return self
        edit = Edit.of(self.text, self.reading.zone, subject, kept)
        expected = {**self.sets, subject: values}
        coming = {rdata: ttl for rdata, ttl in values.items() if rdata not in kept}
        for owner in (subject[0], f"{subject[0]}.{zone_name(self.domain)}.".removeprefix("@.")):
            changed = replace(self, text=edit.with_records(coming, owner))
            reading = self.read(changed.text)
            if _reads_as(reading, expected):
                return changed
        reading.sound()
        raise EditingError(
            f"{' '.join(subject)} can't be changed without a change of what stands around it; edit the file by hand",
            code="entangled",
            subject=" ".join(subject),
        )


def _sets_of(reading: Reading) -> Sets:
    found: Sets = {}
    for owner, ttl, rtype, rdata in reading.records:
        found.setdefault((owner, rtype), {})[rdata] = ttl
    return found


def _need(found: object, what: str) -> None:
    if not found:
        raise EditingError(f"{what} is not in the file", code="not-there", subject=what)


def _reads_as(reading: Reading, expected: Sets) -> bool:
    found = _sets_of(reading)
    wanted = {
        subject: {rdata: found.get(subject, {}).get(rdata) if ttl is None else ttl for rdata, ttl in values.items()}
        for subject, values in expected.items()
        if values
    }
    return not reading.problems and found == wanted
