"""What a program asks of the renewal clock: a share of the lifetime, jitter, hours of maintenance. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Self
from zoneinfo import ZoneInfo

from sophia_infra.errors import SophiaError
from sophia_infra.values import Value

MIN_WINDOW, MAX_WINDOW, MAX_JITTER = 0.02, 0.9, 0.1
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ARGUMENTS = ("renewal_window", "jitter", "maintenance")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_AHEAD = 15
"""So many days hold a whole window of each weekday, though a clock that is set ahead takes one away."""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """When renewals may happen: from and to an hour of some days in a zone. One over midnight ends a day later."""

    days: tuple[str, ...] = DAYS
    hours: str = "00:00-24:00"
    zone: str = "UTC"

    @classmethod
    def read(cls, given: Value) -> Self:
        """Read the argument; the error of `given` is raised where it is not allowed."""
        given.members(("days", "hours", "zone"), "setting of maintenance")
        days = given.get("days", DAYS).items("give a list of days, like ['sat', 'sun']", least=1)
        named = {day.word(DAYS) for day in days}
        hours, zone = given.get("hours", cls().hours), given.get("zone", cls().zone)
        told = "give hours and minutes from 00:00 to 24:00, like 22:00-04:00"
        begins, ends = hours.text(told, fits=_HOURS.fullmatch).split("-")
        if ends > "24:00" or begins == ends:
            raise hours.wrong(told)
        try:
            _zone(zone.text())
        except (ValueError, OSError, KeyError):
            raise zone.wrong("give a time zone that this machine knows, like Europe/Vienna, or UTC") from None
        return cls(tuple(day for day in DAYS if day in named), hours.text(), zone.text())

    def next(self, moment: datetime) -> datetime:
        """Return the first moment from one on that lies in a window: that one itself where it does."""
        return next(max(begins, moment) for begins, ends in self._windows(moment) if moment < ends)

    def _windows(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the windows from the day before a moment on, in UTC."""
        zone, (begins, ends) = _zone(self.zone), self.hours.split("-")
        today = moment.astimezone(zone).date()
        for day in (today + timedelta(days=ahead) for ahead in range(-1, _AHEAD)):
            last = day if begins < ends < "24:00" else day + timedelta(days=1)
            at = [
                datetime.combine(date, time.fromisoformat(hour.replace("24:", "00:")), zone).astimezone(UTC)
                for date, hour in ((day, begins), (last, ends))
            ]
            if DAYS[day.weekday()] in self.days and at[0] < at[1]:
                yield at[0], at[1]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a program would have its certificate renewed.

    Attributes:
        window: the share of the lifetime that is left at renewal; None for the default one.
        jitter: the share of the lifetime by which one may come earlier, each certificate by a part of its own.
        maintenance: when renewals may happen; None for any time.
    """

    window: float | None = None
    jitter: float = 0.0
    maintenance: Maintenance | None = None

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any], error: type[SophiaError]) -> Self:
        """Read the inputs in `ARGUMENTS`; the error is raised where one is not allowed."""
        window, jitter, maintenance = (Value(name, inputs.get(name), error) for name in ARGUMENTS)
        way_out = f"give a share of the lifetime from {MIN_WINDOW} to {MAX_WINDOW}, or leave it out for the default"
        early = f"give a share of the lifetime from 0 to {MAX_JITTER}"
        return cls(
            None if window.value is None else window.number(MIN_WINDOW, MAX_WINDOW, way_out),
            0.0 if jitter.value is None else jitter.number(0, MAX_JITTER, early),
            None if maintenance.value in (None, {}) else Maintenance.read(maintenance),
        )


USUAL = Schedule()


def _zone(name: str) -> tzinfo:
    """Return a time zone; UTC is known to machines without a list of them too."""
    return UTC if name == "UTC" else ZoneInfo(name)
