"""Values that other resources produce: they travel beside a zone's text, each set as an entry of its own. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn, Self

from sophia_infra.dns.reader import Problem, ZoneTextError, read_rdata
from sophia_infra.dns.rr.record import Record
from sophia_infra.values import is_list


class Unusable(NamedTuple):
    """Stands in `late` for values that are no list of at least one text, so that `check` refuses them by field.

    It says what kind of value came, and never the value: that may be secret.
    """

    field: str
    came: str
    wanted: str

    @classmethod
    def of(cls, path: str, value: Any, *, single: bool) -> Self | None:
        """Return what makes a value unusable as `value` (a text) or `values` (a list of texts); None for nothing."""
        if single:
            return None if isinstance(value, str) else cls(path, _kind(value), "a text")
        if not is_list(value) or not value:
            return cls(path, _kind(value), "a list of at least one text")
        found = (cls.of(f"{path}[{index}]", item, single=True) for index, item in enumerate(value))
        return next(filter(None, found), None)

    @property
    def fix(self) -> str:
        """The way out."""
        if self.came == "an empty list":
            return "to delete the set take the record out of the program; to keep it give its values"
        return "convert it in the program"


def _kind(value: Any) -> str:
    if value is None:
        return "nothing (None)"
    if is_list(value):
        return "a list" if value else "an empty list"
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return kinds.get(type(value), "a mapping" if isinstance(value, Mapping) else "an object")


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
        if isinstance(values, Mapping) and values.keys() == set(Unusable._fields):
            self._refuse(Unusable(**values))
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            self._refuse(Unusable("values", _kind(values), "a list of texts"))
        data = (read_rdata(self.type, value, domain, quote=not secret, file=self.subject) for value in values)
        return [Record(self.owner, self.ttl, self.type, rdata) for rdata in data]

    def _refuse(self, wrong: Unusable) -> NoReturn:
        message = f"another resource produced {wrong.came}, and it must be {wrong.wanted}"
        problem = Problem("field-invalid", self.subject, 0, wrong.field, "", message, wrong.fix, self.subject)
        raise ZoneTextError([problem], field=wrong.field)


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
