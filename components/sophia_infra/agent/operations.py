"""The closed vocabulary of what the agent changes: typed operations on declared data, and no program code.

Zones are named by their domain (`shop.example`), owners relative to the apex (`www`, `@` for the apex itself), RDATA
stands in presentation form (RFC 1035 section 5.1), a TTL in seconds. An operation is journaled and shown as it is, so
none holds a secret.

    {"op": "set-records", "zone": "shop.example", "owner": "www", "rtype": "A", "values": ["192.0.2.1"], "ttl": 300}
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

from sophia_infra.codec import encode
from sophia_infra.errors import SophiaError
from sophia_infra.values import Value

ANY = "ANY"
"""Every type of a name; only to remove, and without values."""
LONGEST_TTL = 2**31 - 1
"""RFC 2181 section 8."""


class OperationError(SophiaError):
    """An operation that is none of the vocabulary, or that lacks what it needs."""

    code = "operation"


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of declared data. `op` is its word: it stands in plans and journals, and stays."""

    TAG: ClassVar = "op"
    op: ClassVar[str]

    def to_body(self) -> dict[str, Any]:
        """Return the operation as JSON values, its word first."""
        body: dict[str, Any] = encode(self)
        return body

    @staticmethod
    def from_body(body: Any) -> "Operation":
        """Return the operation that JSON values stand for.

        Raises:
            OperationError: its word or a field is not known, or a field is missing or has a value that is not allowed.
        """
        given = Value("operation", body, OperationError)
        kind = OPERATIONS[given.get("op").word(list(OPERATIONS))]
        readers = {each.name: _READERS[each.name] for each in fields(kind)}
        needed = [each.name for each in fields(kind) if each.default is MISSING]
        read = given.read({"op": Value.text, **readers}, needed=needed)
        return kind(**{name: read[name] for name in readers if name in read})

    def _need(self, fine: object, field: str, why: str) -> None:
        if not fine:
            raise OperationError(f"operation.{field}: {why}", field=f"operation.{field}", subject=self.op)


Operations = tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class _OfSet(Operation):
    """What names an RRset."""

    zone: str
    owner: str
    rtype: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Zone, owner and type."""
        return self.zone, self.owner, self.rtype


@dataclass(frozen=True, slots=True)
class _WithRecords(_OfSet):
    """What has records for an RRset, at least one."""

    values: tuple[str, ...]
    ttl: int | None = None

    def __post_init__(self) -> None:
        self._need(self.values, "values", "there are no records to put there; remove-records takes some away")


@dataclass(frozen=True, slots=True)
class SetRecords(_WithRecords):
    """The RRset becomes exactly this; without `ttl` it keeps the one it has, and a new one has the zone's default.

    `SetRecords("shop.example", "www", "A", ("192.0.2.1", "192.0.2.2"), 300)`
    """

    op = "set-records"


@dataclass(frozen=True, slots=True)
class AddRecords(_WithRecords):
    """These records are added to the RRset, which is made where it is not there; `ttl` as for SetRecords.

    `AddRecords("shop.example", "@", "TXT", ('"google-site-verification=abc"',))`
    """

    op = "add-records"


@dataclass(frozen=True, slots=True)
class RemoveRecords(_OfSet):
    """These records leave the RRset; without values the whole set goes, and with the type ANY every set of the name.

    `RemoveRecords("shop.example", "old", "ANY")`, `RemoveRecords("shop.example", "@", "MX", ("10 mx.old.example.",))`
    """

    op = "remove-records"
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        fine = self.rtype != ANY or not self.values
        self._need(fine, "values", f"{ANY} is the whole name; give none with it")


@dataclass(frozen=True, slots=True)
class SetTtl(_OfSet):
    """The RRset keeps its records and has another TTL: `SetTtl("shop.example", "@", "MX", 300)`."""

    op = "set-ttl"
    ttl: int


OfRecords = SetRecords | AddRecords | RemoveRecords | SetTtl
"""The operations that a master file takes."""


@dataclass(frozen=True, slots=True)
class SetSetting(Operation):
    """A plain setting in the stack's file, by its full key: `SetSetting("shop:replicas", "4")`."""

    op = "set-setting"
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class SetEnvironmentValue(Operation):
    """A plain value of an environment in files: `SetEnvironmentValue("sophia/dev", "app.replicas", 3)`."""

    op = "set-environment-value"
    environment: str
    path: str
    value: Any


OfFiles = OfRecords | SetSetting | SetEnvironmentValue
"""The operations that a declared file takes."""


@dataclass(frozen=True, slots=True)
class Renew(Operation):
    """A certificate, by its name in the program, is renewed ahead of its time; `reissue` makes a new key as well.

    `Renew("web")`, `Renew("web", reissue=True)`
    """

    op = "renew"
    certificate: str
    reissue: bool = False


@dataclass(frozen=True, slots=True)
class Rotate(Operation):
    """A RotatingSecret, by its name in the program, begins its next rotation: `Rotate("app-db")`."""

    op = "rotate"
    secret: str


@dataclass(frozen=True, slots=True)
class ApproveEdit(Operation):
    """An edit that advice proposes is approved, by the advice's id and the edit's record set.

    `ApproveEdit("7f3a...", "@ TXT")`
    """

    op = "approve-edit"
    advice: str
    edit: str


_KINDS = (SetRecords, AddRecords, RemoveRecords, SetTtl, SetSetting, SetEnvironmentValue, Renew, Rotate, ApproveEdit)
OPERATIONS: Mapping[str, type[Operation]] = {kind.op: kind for kind in _KINDS}
"""Every operation by its word."""


def _text(value: Value) -> str:
    return value.text("give a text that is not empty", fits=lambda text: bool(text) and text.isprintable())


_READERS: Mapping[str, Callable[[Value], Any]] = {
    **dict.fromkeys(("zone", "owner", "rtype", "key", "environment", "path"), _text),
    **dict.fromkeys(("certificate", "secret", "advice", "edit"), _text),
    "values": lambda value: tuple(map(_text, value.items("give a list of RDATA"))),
    "ttl": lambda value: value.whole(0, LONGEST_TTL),
    "reissue": Value.flag,
    "value": lambda value: value.value,
}
"""What reads a field, by its name: one of that name means the same in every operation."""
