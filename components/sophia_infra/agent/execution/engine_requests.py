"""What operations come to beside edits of files: an edit of advice as records, and what the engine is asked for.

A renewal or a rotation is asked for by a variable of the engine's environment, so a preview shows it and writes no row
of it. The variable names the generation that stands: whoever begins again with it asks for nothing more.
"""

import os
from collections.abc import Iterator, Mapping, Sequence

from sophia_infra.advice.approval import find
from sophia_infra.advice.model import Edit, Request
from sophia_infra.agent.execution.rows import Asked
from sophia_infra.agent.operations import AddRecords, ApproveEdit, Operation, RemoveRecords, Renew, Rotate
from sophia_infra.changes import EditingError
from sophia_infra.dns.importers.state_files import Resource
from sophia_infra.dns.rr.record import from_text
from sophia_infra.engine_run import OURS
from sophia_infra.journal import Journal
from sophia_infra.secrets.events import ROTATE
from sophia_infra.tls.memory import RENEW
from sophia_infra.values import known_are

VARIABLES = {Renew.op: RENEW, Rotate.op: ROTATE}
"""The variables by which the engine is asked for what no file declares, by the operation's word."""


def as_records(journal: Journal, operation: Operation) -> Iterator[Operation]:
    """Yield what is edited for an operation: for an edit of advice its records, so a plan shows it as any other.

    Raises:
        ApprovalError: there is no such advice.
        EditingError: it is about no zone, or proposes no edit, or several, of these record sets.
    """
    if isinstance(operation, ApproveEdit):
        yield from _records(*_edit(journal, operation))
    elif operation.op not in VARIABLES:
        yield operation


def is_by_model(journal: Journal, operation: Operation) -> bool:
    """Return whether it is an edit of advice that a model proposes; raises as `as_records`."""
    return isinstance(operation, ApproveEdit) and bool(_edit(journal, operation)[1].by)


def _edit(journal: Journal, operation: ApproveEdit) -> tuple[str, Edit]:
    """The zone and the edit that are meant; raises as `as_records`."""
    advice = find(journal, operation.advice)
    request = journal.last(Request, advice.id)
    edits = [edit for edit in advice.edits if edit.subject == operation.edit and edit.state == "proposed"]
    if request is None or request.row.kind != "zone" or len(edits) != 1:
        told = (
            f"{known_are(operation.edit, [edit.subject for edit in advice.edits])}; see: sophia advice show {advice.id}"
        )
        raise EditingError(
            f"advice {advice.id[:12]} has no one edit {operation.edit!r} of a zone; {told}", code="no-edit"
        )
    return request.row.subject, edits[0]


def _records(zone: str, edit: Edit) -> Iterator[Operation]:
    """What an edit takes away, and then what it adds; a record that only gets another TTL stays."""
    gone, new = (from_text("".join(f"{line}\n" for line in lines)) for lines in (edit.lost, edit.new))
    stays = {(record.subject, record.rdata) for record in new}
    for record in gone:
        if (record.subject, record.rdata) not in stays:
            yield RemoveRecords(zone, record.owner, record.type, (record.rdata,))
    for record in new:
        yield AddRecords(zone, record.owner, record.type, (record.rdata,), record.ttl)


def asked_of(operations: Sequence[Operation], resources: Sequence[Resource]) -> tuple[Asked, ...]:
    """Return what is asked of the engine for operations that edit no file, by the resources of the stack's state.

    Raises:
        EditingError: the program has no such certificate or secret.
    """
    asked = (each for each in operations if isinstance(each, Renew | Rotate))
    named = ((each.op, each.certificate if isinstance(each, Renew) else each.secret) for each in asked)
    return tuple(stands(op, name, resources) for op, name in named)


def stands(op: str, name: str, resources: Sequence[Resource]) -> Asked:
    """Return what stands of a certificate or a secret by its name in the program; raises as `asked_of`."""
    kind = "Certificate" if op == Renew.op else "SecretLifecycle"
    every = [each for each in resources if each.kind == f"{OURS}{kind}"]
    named = [each for each in every if each.name == name]
    if len(named) > 1:
        told = f"the program has several of the kind {kind} named {name!r}; by hand: pulumi up with {VARIABLES[op]}"
        raise EditingError(told, code="several", subject=name)
    if not named:
        told = f"the state knows no {kind} {name!r} to {op}; {known_are(name, [each.name for each in every])}"
        raise EditingError(told, code="not-there", subject=name)
    label = str(named[0].inputs.get("label") or name)
    values = [each.fields for each in resources if each.kind == f"{OURS}SecretMaterial"]
    made = [given for given in (*values, named[0].fields) if str(given.get("label")) == label]
    return Asked(op, name, label, max(int(given.get("generation") or 0) for given in made))


def edit_of(asked: Asked) -> Edit:
    """Return it as an edit that a person approves."""
    what = {Renew.op: "certificate", Rotate.op: "secret"}[asked.op]
    before, after = (f"{what} {asked.name}: generation {asked.generation + more}" for more in (0, 1))
    return Edit("replace", f"{what} {asked.name}", before, after, "proposed", "asked of the agent")


def variables(asked: Sequence[Asked]) -> Mapping[str, str]:
    """Return the environment of an engine that is asked for this, and for nothing that a shell's variables ask for."""
    clean = {name: value for name, value in os.environ.items() if name not in VARIABLES.values()}
    named: dict[str, list[str]] = {}
    for each in asked:
        named.setdefault(VARIABLES[each.op], []).append(f"{each.label}@{each.generation}")
    return clean | {variable: ",".join(labels) for variable, labels in named.items()}
