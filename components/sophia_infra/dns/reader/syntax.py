"""Master-file syntax above the records: tokens, quotes, comments and parentheses (RFC 1035 section 5.1)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sophia_infra.dns.reader.problems import Refused, Unreadable, quoted

_PIECE = re.compile(
    r"""
    (?P<blank> [ \t\r\f\v]+ )
  | (?P<comment> ;.* )
  | (?P<quoted> "(?:[^"\\]|\\.)*" )
  | (?P<open> \( )
  | (?P<close> \) )
  | (?P<word> (?:[^ \t\r\f\v;"()\\]|\\.)+ )
  | (?P<lone> ["\\] )
    """,
    re.VERBOSE | re.DOTALL,
)

Lines = Iterator[tuple[int, str]]
"""Physical lines with their numbers, counted from 1."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a quoted string as written, escapes and quotes included; `glued` when no blank stands before it."""

    text: str
    glued: bool = False

    @property
    def quoted(self) -> bool:
        """Whether it is a quoted string."""
        return self.text.startswith('"')


@dataclass(slots=True)
class Entry:
    """One logical line: a directive or a record, its parentheses resolved and its comments gone."""

    indented: bool
    tokens: list[Token]
    comment: bool = False


def entry(text: str, following: Lines) -> Entry:
    """Return the entry that starts with this line, taking as many of the following lines as its parentheses ask for."""
    found = Entry(text[:1].isspace(), [])
    depth, refusal = 0, None
    while True:
        try:
            depth = _scan(text, depth, found)
        except Refused as refused:
            # a lone quote swallows its line up to the end, as in BIND: count the parentheses there all the same
            refusal = refusal or refused
            depth = max(0, depth + text.count("(") - text.count(")"))
        if depth <= 0:
            break
        number, text = next(following, (0, ""))
        if not number:
            raise Unreadable("parenthesis-unbalanced", "record", "the parenthesis opened here is never closed")
    if refusal:
        raise refusal
    return found


def _scan(text: str, depth: int, found: Entry) -> int:
    glued = False
    for piece in _PIECE.finditer(text):
        kind = piece.lastgroup
        if kind in {"word", "quoted"}:
            found.tokens.append(Token(piece[0], glued))
        elif kind == "comment":
            found.comment = True
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        elif kind == "lone":
            rest = text[piece.start() :]
            what = "a quote is opened and never closed" if rest[0] == '"' else "the line ends in a lone backslash"
            raise Refused("quote-unbalanced", "record", f"{what}: {quoted(rest)}", value=rest)
        if depth < 0:
            raise Refused("parenthesis-unbalanced", "record", "a ) closes nothing", value=text.strip())
        glued = kind in {"word", "quoted"}
    return depth


def join(tokens: list[Token]) -> str:
    """Return tokens as text again, single blanks between them."""
    return "".join(token.text if token.glued else f" {token.text}" for token in tokens).lstrip(" ")
