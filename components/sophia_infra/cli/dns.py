"""`sophia dns list|add|update|remove|backup|restore`: a live zone on any backend."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path

from sophia_infra.advice.journal import Journal
from sophia_infra.cli.backend_options import backend_of
from sophia_infra.cli.diff import show_sets, show_sum
from sophia_infra.cli.sources import STDIN, UsageError, read_zone
from sophia_infra.cli.terminal import COLOURS, GREEN, RED, complain, plain, print_json, say
from sophia_infra.cli.verb import limits_of
from sophia_infra.dns.backends import Backend, Live
from sophia_infra.dns.backends.backup import keep, options
from sophia_infra.dns.exposure import changed_sets
from sophia_infra.dns.live import change
from sophia_infra.dns.live.change import Proposal
from sophia_infra.dns.reader import ZoneTextError, zone_name
from sophia_infra.dns.rr.record import Record, from_text
from sophia_infra.dns.serial import with_serial
from sophia_infra.errors import SophiaError

REFUSED = 1


def list_(args: Namespace) -> int:
    """Print a live zone's records as master-file lines; return 0."""
    backend, live = _present(args)
    found = [record for record in from_text(live.text) if _is_wanted(record, args)]
    if args.json:
        listed = [record._asdict() for record in found]
        print_json(zone=_domain(args), place=backend.place, serial=live.serial, records=listed)
        return 0
    for record in found:
        say(str(record))
    return 0


def add_(args: Namespace) -> int:
    """Add records to a live zone; return 0, or 1 where the limits or the user refused."""
    backend, live = _present(args)
    wanted = change.added(from_text(live.text), args.name, args.type, args.values, args.ttl, _domain(args))
    return _change(args, backend, live, wanted)


def update_(args: Namespace) -> int:
    """Replace the values or the TTL of one record set; return as `add_`."""
    if not args.values and args.ttl is None:
        raise UsageError("there is nothing to update: give values, or --ttl")
    backend, live = _present(args)
    wanted = change.updated(from_text(live.text), args.name, args.type, args.values, args.ttl, _domain(args))
    return _change(args, backend, live, wanted)


def remove_(args: Namespace) -> int:
    """Remove records from a live zone; return as `add_`."""
    backend, live = _present(args)
    wanted = change.removed(from_text(live.text), args.name, args.type, args.values, _domain(args))
    return _change(args, backend, live, wanted)


def restore_(args: Namespace) -> int:
    """Make a live zone what a master file says; return as `add_`."""
    reading = read_zone(args.file, _domain(args))
    if reading.problems or not reading.readable:
        raise ZoneTextError(reading.problems)
    backend, live = _read(args)
    return _change(args, backend, live, reading.records)


def backup_(args: Namespace) -> int:
    """Keep a copy of a live zone; return 0."""
    if args.json and args.output == STDIN:
        raise UsageError("--json and --output - both want standard output; leave one of them out")
    _, live = _present(args)
    domain, count = _domain(args), len(from_text(live.text))
    content = f"$ORIGIN {domain}.\n{live.text}"
    if args.output == STDIN:
        sys.stdout.write(content)
        return 0
    file = _written(Path(args.output), content) if args.output else keep(live, domain)
    if args.json:
        print_json(zone=domain, file=str(file), records=count)
    else:
        say(f"{count} records of {domain} are kept in {file}", GREEN)
    return 0


def _written(file: Path, content: str) -> Path:
    """Write a file whole or not at all."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(content, encoding="utf-8")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return file


def _read(args: Namespace) -> tuple[Backend, Live]:
    backend = backend_of(args, _domain(args))
    _progress(f"reading {backend.place}")
    return backend, backend.read()


def _present(args: Namespace) -> tuple[Backend, Live]:
    backend, live = _read(args)
    if not live.text:
        raise change.LiveChangeError(f"there is no zone {_domain(args)} at {backend.place}")
    return backend, live


def _change(args: Namespace, backend: Backend, live: Live, wanted: Sequence[Record]) -> int:
    proposal = change.propose(backend, live, wanted, _domain(args), limits_of(args))
    if not args.json:
        _show(proposal, show_all=args.all)
    outcome = _outcome(args, proposal)
    serial, copy = live.serial, None
    if outcome == "applied":
        copy = keep(live, proposal.domain) if live.text else None
        serial = _carry_out(proposal, backend, copy)
    _tell(args, proposal, outcome, serial, copy)
    return 0 if outcome in ("applied", "nothing", "dry-run") else REFUSED


def _carry_out(proposal: Proposal, backend: Backend, copy: Path | None) -> int | None:
    _progress(f"writing {backend.place}")
    try:
        return change.carry_out(proposal, backend, Journal.open())
    except SophiaError:
        if copy:
            complain(f"the zone as it was is kept in {copy}")
        raise


def _outcome(args: Namespace, proposal: Proposal) -> str:
    if not proposal.changes:
        return "nothing"
    if proposal.violations:
        return "refused"
    if args.dry_run:
        return "dry-run"
    return "applied" if args.yes or _agreed(proposal.domain) else "declined"


def _agreed(domain: str) -> bool:
    """Ask on the terminal. Without one there is nobody to ask, and silence is no consent."""
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on; say --yes to change the zone from a script, or --dry-run")
    print(f"Change {domain}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _show(proposal: Proposal, *, show_all: bool) -> None:
    show_sets(changed_sets(with_serial(proposal.live.text, 0), with_serial(proposal.desired, 0)), show_all=show_all)
    for one in proposal.findings:
        say(f"new {one.level} {one.code} {one.subject}: {one.message} -> {one.fix}", COLOURS[one.level])
    show_sum(proposal.changes, proposal.verdict, proposal.violations)


def _tell(args: Namespace, proposal: Proposal, outcome: str, serial: int | None, copy: Path | None) -> None:
    if args.json:
        print_json(
            zone=proposal.domain,
            outcome=outcome,
            changes=proposal.changes.as_inputs(),
            verdict=str(proposal.verdict),
            violations=[asdict(one) for one in proposal.violations],
            findings=plain(proposal.findings),
            serial=serial,
            backup=str(copy) if copy else None,
        )
    elif outcome == "applied":
        say(f"{proposal.domain} is changed", GREEN)
        if copy:
            more = options(proposal.live)
            say(f"to undo it: sophia dns restore {proposal.domain} {copy}{more}, with the same backend")
    elif outcome in ("refused", "declined"):
        say("nothing was changed", RED)
        if any(one.limit == "max_exposure" for one in proposal.violations):
            say("to accept what is said of one subject: --allow SUBJECT; of the whole zone, @ ANY: --max-exposure")


def _is_wanted(record: Record, args: Namespace) -> bool:
    if args.type and record.type != args.type.upper():
        return False
    return not args.name or fnmatchcase(record.owner, args.name.lower())


def _domain(args: Namespace) -> str:
    return zone_name(args.zone, "ZONE")


def _progress(line: str) -> None:
    """Say on a terminal what takes its time."""
    if sys.stderr.isatty():
        print(f"sophia: {line} ...", file=sys.stderr)
