"""Public suffixes, under which anybody may register a domain: `com`, `co.uk`, `govt.nz` (publicsuffix.org).

Only the list's ICANN section counts: names that registries sell under. Its other section holds names such as
`github.io`, whose owner lends out what is below them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def is_public(name: str) -> bool:
    """Whether a name is a public suffix; a top-level domain that the list does not know counts as one.

    Names are in lower case, with IDNA A-labels and without a final dot.
    """
    return _suffixes().is_public(name)


def is_registrable(name: str) -> bool:
    """Whether a name stands right below a public suffix, as `shop.co.uk` does and `www.shop.co.uk` does not."""
    return _suffixes().privatesuffix(name) == name


def organisation(name: str) -> str:
    """Return the registrable domain that a name is of; a public suffix, which is nobody's, as it is."""
    return _suffixes().privatesuffix(name) or name


@cache
def _suffixes() -> PublicSuffixList:
    # Reading the list takes some 30 ms: only for those who ask.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=True)
