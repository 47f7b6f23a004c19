"""What a zone was on a day: by the copies that `sophia dns backup` and removals keep beside the journal."""

from datetime import UTC, datetime, timedelta

from sophia_infra.agent.inventory import RRset
from sophia_infra.agent.reading import sets_of
from sophia_infra.home import project_folder

_STAMP = "%Y%m%dT%H%M%SZ"


def sets_on(zone: str, day: str) -> tuple[RRset, ...]:
    """Return the sets of the newest copy of a zone that was kept until the end of a day in UTC, such as 2026-11-01.

    Nothing where there is none; ZoneTextError where it can't be read.
    """
    from sophia_infra.dns.backends.backup import FOLDER  # few wishes ask for it
    from sophia_infra.dns.files import read_file

    end = f"{datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1):{_STAMP}}"
    named = ((path, path.stem.rsplit("-", 2)) for path in (project_folder() / FOLDER).glob("*.zone"))
    kept = {words[1]: path for path, words in named if words[0] == zone and words[1] < end}
    return sets_of(zone, read_file(kept[max(kept)], zone).sound()) if kept else ()
