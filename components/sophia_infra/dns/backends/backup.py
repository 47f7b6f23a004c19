"""Copies of live zones, kept before a backend that has no place to move a zone aside to takes its records away."""

import json
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sophia_infra import clock
from sophia_infra.changes import fingerprint
from sophia_infra.dns.backends.base import Live, unusable
from sophia_infra.dns.files import read_file
from sophia_infra.dns.rr.rrset import RRset, rrsets
from sophia_infra.home import PRIVATE, make_private, project_folder, write_whole
from sophia_infra.reporter import STDERR

FOLDER = "backups"
_STAMP = "%Y%m%dT%H%M%SZ"


def keep(live: Live, domain: str) -> Path:
    """Write a live zone as a master file that only its owner may read; return where, and say so.

    It is `backups/<domain>-<time>-<hash>.zone` beside the journal, on disk when this returns, and replaces no other.
    `IntelligentDnsZone(zone_file=...)` and every name server read it. What zone text can't hold stands in a comment.

    Raises:
        BackendError: the file can't be written; the caller MUST then leave the zone as it is.
    """
    name = domain.rstrip(".").replace("/", "_")
    target = project_folder() / FOLDER / f"{name}-{clock.now():{_STAMP}}-{fingerprint(live.text)[:12]}.zone"
    note = f"; to restore it whole:{options(live)}\n" if live.beside else ""
    try:
        make_private(target.parent.parent)
        target.parent.mkdir(mode=PRIVATE, exist_ok=True)
        write_whole(target, f"$ORIGIN {domain.rstrip('.')}.\n{note}{live.text}")
    except OSError as error:
        way_out = "check the folder's permissions and free space, or name another in SOPHIA_HOME"
        what = f"no backup of {domain} can be kept in {target.parent}, so its records stay"
        raise unusable(what, error, way_out, str(target.parent)) from None
    STDERR.say_once(f"zone {domain.rstrip('.')}: a copy of what was live is in {target}")
    return target


def kept_on(domain: str, day: str) -> tuple[RRset, ...]:
    """Return the record sets of the newest copy of a zone that was kept until the end of a day in UTC, as 2026-11-01.

    `sophia dns backup` and removals keep copies. Nothing where there is none; ZoneTextError where it can't be read.
    """
    end = f"{datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1):{_STAMP}}"
    named = ((path, path.stem.rsplit("-", 2)) for path in (project_folder() / FOLDER).glob("*.zone"))
    kept = {words[1]: path for path, words in named if words[0] == domain and words[1] < end}
    return rrsets(domain, read_file(kept[max(kept)], domain).sound()) if kept else ()


def options(live: Live) -> str:
    """Return the options that a `sophia dns restore` of this zone needs beside its file, for a shell."""
    settings = (f"{name}={json.dumps(value)}" for name, value in live.beside.items())
    return "".join(f" --setting {shlex.quote(setting)}" for setting in settings)
