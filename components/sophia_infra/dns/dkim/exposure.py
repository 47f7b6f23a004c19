"""What becomes of signed mail when the records of a DKIM selector change."""

from collections.abc import Iterable

from sophia_infra.dns.dkim.record import key_of


def broken(old: Iterable[str], new: Iterable[str]) -> str:
    """Return why mail that the old texts of a selector verify fails with the new ones; empty where none does."""
    before, after = ({key for text in texts if (key := key_of(text))} for texts in (old, new))
    if before and not after:
        return "the key is revoked, and mail signed with it fails (DKIM)"
    return "mail signed with the old key fails (DKIM)" if before and not before & after else ""
