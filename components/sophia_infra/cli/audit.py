"""`sophia audit verify`."""

from pathlib import Path

from sophia_infra.advice.chain import Head, Verification
from sophia_infra.advice.journal import Journal
from sophia_infra.cli.terminal import GREEN, RED, print_json, say


def run(path: str | None, head: Head | None, *, as_json: bool) -> int:
    """Print whether a journal's chain is whole. Return 0 when it is, else 1.

    Raises:
        JournalError: there is no journal, or it can't be read.
    """
    journal = _journal(path)
    found = journal.verify(*([head] if head else []))
    if as_json:
        _print(journal, found)
    elif found.ok:
        say(f"{journal.path}: whole, {found.rows} rows", GREEN)
        say(f"head {found.head}")
    else:
        say(f"{journal.path}: broken, {found.why}", RED)
        say(f"{found.rows} rows before that are whole")
    return int(not found.ok)


def _journal(path: str | None) -> Journal:
    if path is None or Path(path).is_dir():
        return Journal.open(path)
    return Journal(Path(path).absolute())


def _print(journal: Journal, found: Verification) -> None:
    print_json(
        journal=str(journal.path),
        ok=found.ok,
        rows=found.rows,
        first_bad=found.first_bad,
        why=found.why,
        head=str(found.head),
    )
