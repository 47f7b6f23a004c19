"""The certificates that a stack's state knows, for people to look at: how each stands, and what the next `up` does.

It goes by what the last run was asked for. What the program says since then, a preview alone sees.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sophia_infra.dns.importers.state_files import Resource, pulumi
from sophia_infra.dns.reader.problems import Refused
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.tls.events import Event, as_revoked, events
from sophia_infra.tls.plan import CertificateState, Plan, Setback
from sophia_infra.tls.setbacks import setback
from sophia_infra.tls.spec import ArgumentError, CertificateSpec
from sophia_infra.values import known_are

CERTIFICATE, KEY = "pulumi-python:dynamic/sophia:Certificate", "pulumi-python:dynamic/sophia:CertificateKey"
SHOWN_EVENTS = 5
_NOT_GOOD = frozenset({Event.FAILED, Event.DEPLOY_FAILED, Event.REVOKED, Event.ROLLED_BACK})


class StateError(SophiaError):
    """A stack's state that can't be read, or that does not know a certificate by a name."""

    code = "state"


@dataclass(frozen=True, slots=True)
class Known:
    """A certificate in a state: its name in the program, the inputs of the last run, the outputs of the last order.

    `csr_pem` is the request of the newest key; empty where the state has none. `stack` is the stack's name, as its
    file has it.
    """

    name: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    csr_pem: str = ""
    stack: str = ""

    @property
    def label(self) -> str:
        """What the journal knows it by."""
        return str(self.inputs.get("label") or self.outputs.get("label") or self.name)

    @property
    def domains(self) -> tuple[str, ...]:
        """The names that are asked for."""
        return tuple(map(str, self.inputs.get("domains") or self.outputs.get("domains") or ()))

    def spec(self) -> CertificateSpec:
        """Return what is asked for.

        Raises:
            ArgumentError: it was written by another release, and can't be read any more.
        """
        try:
            return CertificateSpec.from_inputs({**self.inputs, "csr_pem": self.csr_pem or self.inputs.get("csr_pem")})
        except KeyError as error:
            raise ArgumentError(f"its inputs in the state lack {error}", field=str(error)) from None


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a certificate: `why` has a failure's code and the CA's word for it; empty where all was well."""

    time: datetime
    what: Event
    why: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a certificate stands. Times are ISO 8601 in UTC, empty where the state has none.

    `is_good` says that it is valid, that no order is held back, and that what was last done to it went well. `waits`
    says why an order is held back, and until when.
    """

    name: str
    label: str
    domains: tuple[str, ...]
    issuer: str
    serial_number: str
    not_before: str
    not_after: str
    next_renewal: str
    is_good: bool
    waits: str = ""
    events: tuple[Happened, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """What the next `up` does to a certificate: `reasons` are none where it stays, `next_renewal` is when it may go.

    `waits` says why an order is held back, and `unknown` why nothing can be told.
    """

    name: str
    label: str
    reasons: tuple[str, ...] = ()
    next_renewal: str = ""
    waits: str = ""
    unknown: str = ""


def read(text: str, file: str) -> tuple[Known, ...]:
    """Read the certificates of a state, as `pulumi stack export` prints it; no secret is looked at.

    Raises:
        StateError: it is no state of Pulumi.
    """
    resources = resources_of(text, file)
    requests = {_text(each, "label"): _text(each, "csr_pem") for each in resources if each.kind == KEY}
    found = (each for each in resources if each.kind == CERTIFICATE)
    return tuple(
        Known(
            each.urn.rpartition("::")[2],
            each.inputs,
            each.fields,
            requests.get(_text(each, "label"), ""),
            each.urn.partition("::")[0].rpartition(":")[2],
        )
        for each in found
    )


def resources_of(text: str, file: str) -> list[Resource]:
    """Return the resources of a state, as `pulumi stack export` prints it.

    Raises:
        StateError: it is no state of Pulumi.
    """
    try:
        return list(pulumi(text))
    except Refused as error:
        told = f"{file} is no state: {error.problem.message}; {error.problem.fix}"
        raise StateError(told, code="state-unreadable", subject=file) from None


def pick(known: Iterable[Known], name: str) -> tuple[Known, ...]:
    """Return the certificates that go by a name: in the program, as label, or as one of their domains; empty for all.

    Raises:
        StateError: there is none.
    """
    every = tuple(known)
    found = tuple(each for each in every if not name or name in (each.name, each.label, *each.domains))
    if name and not found:
        way_out = known_are(name, sorted({each.name for each in every})) if every else "it has none"
        raise StateError(f"the state has no certificate {name!r}; {way_out}", code="no-certificate", value=name)
    return found


def standing(known: Known, journal: Journal, now: datetime) -> Standing:
    """Return how a certificate stands by state and journal; nobody is asked.

    Raises:
        JournalError: the journal can't be read.
    """
    outputs, ends = known.outputs, _text_of(known.outputs, "not_after")
    rows = list(islice(events(journal, known.label), SHOWN_EVENTS))
    told = tuple(
        Happened(row.time, row.row.what, ": ".join(filter(None, (row.row.code, row.row.problem)))) for row in rows
    )
    held_back = _held_back(known, journal, now)
    failed = bool(told) and told[0].what in _NOT_GOOD
    return Standing(
        name=known.name,
        label=known.label,
        domains=known.domains,
        issuer=_text_of(outputs, "directory") or _text_of(outputs, "issuer_name"),
        serial_number=_text_of(outputs, "serial_number"),
        not_before=_text_of(outputs, "not_before"),
        not_after=ends,
        next_renewal=_text_of(outputs, "next_renewal"),
        is_good=bool(ends) and now <= datetime.fromisoformat(ends) and not failed and held_back is None,
        waits=str(held_back or ""),
        events=told,
    )


def planned(known: Known, journal: Journal, now: datetime) -> Planned:
    """Return what the next `up` does to a certificate, and why; its issuer is asked as at a preview."""
    from sophia_infra.tls.held import held  # `standing` needs none of it

    told = Planned(known.name, known.label)
    try:
        spec, state = as_revoked(known.spec(), journal), CertificateState.from_inputs(known.inputs)
        stands, waits = held(spec, known.outputs, state.generation), setback(journal, spec, now)
        plan = Plan.make(spec, stands, now, state.generation, waits, revokes=state.revokes(spec))
    except SophiaError as error:
        return replace(told, unknown=str(error))
    opens = plan.opening
    return replace(
        told,
        reasons=tuple(map(str, plan.changes(state).reasons)),
        next_renewal=opens.next(max(opens.at, now)).isoformat() if opens else "",
        waits=str(plan.waits or ""),
    )


def _held_back(known: Known, journal: Journal, now: datetime) -> Setback | None:
    try:
        return setback(journal, known.spec(), now)
    except ArgumentError:
        return None  # of another release; its events tell


def _text(resource: Resource, name: str) -> str:
    return _text_of(resource.inputs, name) or _text_of(resource.fields, name)


def _text_of(values: Mapping[str, Any], name: str) -> str:
    found = values.get(name)
    return found if isinstance(found, str) else ""
