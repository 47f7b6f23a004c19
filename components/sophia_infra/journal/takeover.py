"""Which journals of a release without seals this machine wrote itself, so that its rows go on to count.

A release without seals must have been at work here: this user has files of ours in the folder of the key, and not the
mark of a folder that began with seals. And the file must not have changed since the key was made, which only the system
can say (`st_ctime`, stat(2)). So a machine that starts empty takes over nothing, whatever a cache brings and whatever
ran before.

An upgrade changes the file, also where it is killed and undone. So what is being taken over is claimed beside the key
until the upgrade is on disk. The claim names the newest row: what is put in the file's place meanwhile is none of it.
"""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from sophia_infra.home import FRESH, state_folder, write_whole
from sophia_infra.journal import seal
from sophia_infra.journal.chain import Head


def is_ours(file: Path) -> bool:
    """Return whether this machine wrote a journal that has no seals. Nothing is made or changed.

    Machines that share a key take over nothing: what one of them seals counts on all.
    """
    if seal.is_shared():
        return False
    try:
        here = {found.name for found in state_folder().iterdir()}
        made = seal.made()
        return bool(here) and FRESH not in here and (made is None or file.stat().st_ctime_ns < made)
    except OSError:
        return False


def claimed(file: Path) -> Head | None:
    """Return the newest row that an upgrade which was killed set out to take over."""
    if seal.is_shared():
        return None
    try:
        return Head.parse(_claim(file).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def claim(file: Path, newest: Head) -> None:
    """Set out to take over all rows up to one; the key is there from now on.

    Raises:
        SealError: no key can be kept.
        OSError: the claim can't be written.
    """
    seal.key()
    write_whole(_claim(file), f"{newest}\n")


def settle(file: Path) -> None:
    """Note that the upgrade is on disk. A claim that stays is of no harm: it names rows that are sealed by now."""
    with suppress(OSError):
        _claim(file).unlink()


def _claim(file: Path) -> Path:
    return state_folder() / f"{sha256(str(file).encode()).hexdigest()[:32]}.claim"
