"""Values that other resources produce: they travel beside a zone's text, each set as an entry of its own. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from sophia_infra.dns.reader import Problem, ZoneTextError, read_rdata
from sophia_infra.dns.rr.record import Record


class LateSet(NamedTuple):
    """A record set whose values come from other resources; `owner TYPE TTL` is its key in the `late` property."""

    owner: str
    type: str
    ttl: int

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read a key of the `late` property."""
        owner, rtype, ttl = key.split(" ")
        return cls(owner, rtype, int(ttl))

    def __str__(self) -> str:
        return f"{self.owner} {self.type} {self.ttl}"

    @property
    def subject(self) -> str:
        """The record set, as findings and reasons name it."""
        return f"{self.owner} {self.type}"

    def records(self, values: Any, domain: str, *, secret: bool) -> list[Record]:
        """Return the records of the set.

        Raises:
            ZoneTextError: a value is no valid RDATA of the type; one that is secret is not shown.
        """
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            message = "the value that another resource produced is not a list of texts"
            fix = "give texts: convert a number or an object in the program"
            raise ZoneTextError([Problem("field-invalid", self.subject, 0, "values", "", message, fix, self.subject)])
        data = (read_rdata(self.type, value, domain, quote=not secret, file=self.subject) for value in values)
        return [Record(self.owner, self.ttl, self.type, rdata) for rdata in data]


@dataclass(frozen=True, slots=True)
class LateValues:
    """The late values of one zone.

    Attributes:
        values: by the key of a set (`api A 300`), its values; None while they are not known.
        secret: the sets (`api A`) whose values no journal row, advice or message may show.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    secret: tuple[str, ...] = ()

    @classmethod
    def from_inputs(cls, props: Mapping[str, Any]) -> Self:
        """Read a zone's inputs or outputs, with None for values that are not known yet."""
        return cls(props.get("late") or {}, tuple(props.get("late_secret") or ()))

    @property
    def sets(self) -> list[LateSet]:
        """The record sets, known or not."""
        return [LateSet.parse(key) for key in self.values]

    @property
    def subjects(self) -> list[str]:
        """The record sets, each named as `api A`."""
        return [late.subject for late in self.sets]

    @property
    def pending(self) -> dict[str, int]:
        """The TTLs of the sets (`api A`) whose values are not known yet."""
        waiting = (LateSet.parse(key) for key, values in self.values.items() if values is None)
        return {late.subject: late.ttl for late in waiting}

    @property
    def public(self) -> "LateValues":
        """These without the secret ones: what may be shown, or hashed, since a short secret could be guessed."""
        return self.without(self.secret)

    def without(self, subjects: Collection[str]) -> "LateValues":
        """Return these less some record sets."""
        kept = {key: values for key, values in self.values.items() if LateSet.parse(key).subject not in subjects}
        return LateValues(kept, self.secret)

    def records(self, domain: str) -> list[Record]:
        """Return the records of all values that are known. Raises ZoneTextError: as `LateSet.records`."""
        known = ((LateSet.parse(key), values) for key, values in self.values.items() if values is not None)
        read = (late.records(values, domain, secret=late.subject in self.secret) for late, values in known)
        return [record for records in read for record in records]
