"""The journal: typed rows in an append-only, hash-chained storage, and questions by key, by run and by location."""

from sophia_infra.journal.chain import Entry, Head, Kind, Verification
from sophia_infra.journal.journal import Journal, Recorded, Row
from sophia_infra.journal.storage import JournalError, Storage, trusted

__all__ = ["Entry", "Head", "Journal", "JournalError", "Kind", "Recorded", "Row", "Storage", "Verification", "trusted"]
