"""Master files as the library keeps them."""

from sophia_infra.dns.reader import read
from sophia_infra.dns.rr.record import to_text


def canonical(text: str, origin: str, *, file: str = "<text>", default_ttl: int | None = None) -> str:
    """Return a master file as canonical zone text. Raises `ZoneTextError` with every problem it has."""
    return to_text(read(text, origin, file=file, default_ttl=default_ttl).sound())
