"""When a CA suggests to renew a certificate (ARI, RFC 9773 section 4.2), and which moment of that is ours. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from sophia_infra.tls.certificates import Certificate
from sophia_infra.values import shown

BEFORE = timedelta(days=1)
"""A window that has ended so long before its certificate began is about nothing."""
MAX_URL = 200  # what is shown of one


def share_of(certificate: Certificate) -> float:
    """Return a certificate's own number from 0 to 1: at random among certificates, and for one always the same."""
    name = f"{certificate.serial_number} {certificate.public_key_sha256}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a CA last said of the renewal of one certificate.

    Attributes:
        window: from when to when; the last one that could be read, None where there is none.
        explanation: the page on which the CA says why the window is what it is; empty for none.
        fault: what is wrong with the CA's last answer; empty while it can be read.
    """

    window: tuple[datetime, datetime] | None = None
    explanation: str = ""
    fault: str = ""

    @classmethod
    def read(cls, answer: object, certificate: Certificate) -> Self:
        """Read a renewalInfo object; `fault` says what can't be read of it, and there is no window then."""
        found: Mapping[str, Any] = answer if isinstance(answer, Mapping) else {}
        window: Any = found.get("suggestedWindow")
        if not isinstance(window, Mapping):
            return cls(fault="it has no suggestedWindow")
        try:
            start, end = (_moment(window.get(name)) for name in ("start", "end"))
        except ValueError as error:
            return cls(fault=str(error))
        if end <= start:
            return cls(fault=f"its window ends on {end:%Y-%m-%d %H:%M}, before it has begun")
        if end < certificate.not_before - BEFORE:
            return cls(fault=f"its window ended on {end:%Y-%m-%d}, before the certificate began")
        page: Any = found.get("explanationURL")
        is_page = isinstance(page, str) and page.isprintable() and page.startswith("https://") and len(page) <= MAX_URL
        return cls((start, end), page if is_page else "")

    def moment(self, certificate: Certificate) -> datetime | None:
        """Return the moment in the window at which a certificate is to be renewed, None where there is no window."""
        if self.window is None:
            return None
        start, end = self.window
        return (start + (end - start) * share_of(certificate)).replace(microsecond=0)


NO_SUGGESTION = Suggestion()


def _moment(text: object) -> datetime:
    """Read a time of RFC 3339."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        if moment and moment.tzinfo:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{shown(text)[:60]} is no time in its window")
