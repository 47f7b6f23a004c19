"""`sophia zone lint`."""

from collections.abc import Sequence
from dataclasses import asdict

from sophia_infra.advice.model import Finding, Level
from sophia_infra.advice.rules import counted, worst_first
from sophia_infra.cli.advice import say_edits
from sophia_infra.cli.sources import read_zone
from sophia_infra.cli.terminal import COLOURS, finding, plain, print_json, say
from sophia_infra.dns.lint.edits import proposals
from sophia_infra.dns.lint.linter import judge
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.zone.index import Zone


def run(
    file: str,
    origin: str,
    beside: Sequence[tuple[str, str]] = (),
    issuers: Sequence[str] = (),
    *,
    edits: bool = False,
    as_json: bool,
) -> int:
    """Print what the reader and the rules find, and what would mend it. Return 1 for an error among it, else 0.

    Raises:
        ZoneTextError: the file, or the rest of it from some line on, can't be read, or a zone beside it can't.
    """
    findings, zone = check(file, origin, beside, issuers)
    proposed = proposals(findings, zone) if edits else []
    if as_json:
        print_json(findings=plain(findings), **({"edits": [asdict(one) for one in proposed]} if edits else {}))
    else:
        _show(findings, origin)
        say_edits(proposed)
    return int(any(one.level is Level.ERROR for one in findings))


def check(
    file: str, origin: str, beside: Sequence[tuple[str, str]] = (), issuers: Sequence[str] = ()
) -> tuple[list[Finding], Zone]:
    """Return the findings on a master file, worst first, and the zone: what a server refuses, then what the rules say.

    `beside` are files and origins of other zones, and `issuers` CAA domains of the CAs in use, as `lint` has them.
    """
    reading = read_zone(file, origin)
    if not reading.readable:
        raise ZoneTextError(reading.problems)
    found = [finding(problem) for problem in reading.problems]
    found += [finding(warning, Level.WARNING) for warning in reading.warnings]
    found += [finding(note, Level.INFO) for note in reading.notes]
    others = [Zone(records_of(path, name), name) for path, name in beside]
    zone = Zone(from_text(to_text(reading.records)), origin, beside=others, issuers=issuers)
    return worst_first([*found, *judge(zone)]), zone


def records_of(file: str, origin: str) -> list[Record]:
    """Return the records of a master file.

    Raises:
        ZoneTextError: a name server would refuse some of it.
    """
    reading = read_zone(file, origin)
    if reading.problems:
        raise ZoneTextError(reading.problems)
    return reading.records


def _show(findings: list[Finding], origin: str) -> None:
    for one in findings:
        say(f"{one.level} {one.code} {one.subject}: {one.message}", COLOURS[one.level])
        say(f"  -> {one.fix}")
    say(f"{origin}: {counted(findings)}")
