"""`sophia zone lint`."""

from collections.abc import Sequence

from sophia_infra.advice.model import Finding, Level
from sophia_infra.advice.rules import counted, worst_first
from sophia_infra.cli.sources import read_zone
from sophia_infra.cli.terminal import COLOURS, finding, plain, print_json, say
from sophia_infra.dns.lint import lint
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.dns.records import Record


def run(
    file: str, origin: str, beside: Sequence[tuple[str, str]] = (), issuers: Sequence[str] = (), *, as_json: bool
) -> int:
    """Print what the reader and the rules find. Return 1 when there is an error among it, else 0.

    Raises:
        ZoneTextError: the file, or the rest of it from some line on, can't be read, or a zone beside it can't.
    """
    findings = check(file, origin, beside, issuers)
    if as_json:
        print_json(findings=plain(findings))
    else:
        _show(findings, origin)
    return int(any(one.level is Level.ERROR for one in findings))


def check(file: str, origin: str, beside: Sequence[tuple[str, str]] = (), issuers: Sequence[str] = ()) -> list[Finding]:
    """Return the findings on a master file, worst first: what a name server refuses, then what the rules say.

    `beside` are files and origins of other zones, and `issuers` CAA domains of the CAs in use, as `lint` has them.
    """
    reading = read_zone(file, origin)
    if not reading.readable:
        raise ZoneTextError(reading.problems)
    found = [finding(problem) for problem in reading.problems]
    found += [finding(warning, Level.WARNING) for warning in reading.warnings]
    found += [finding(note, Level.INFO) for note in reading.notes]
    others = {name: records_of(path, name) for path, name in beside}
    return worst_first([*found, *lint(reading.records, origin, beside=others, issuers=issuers)])


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
