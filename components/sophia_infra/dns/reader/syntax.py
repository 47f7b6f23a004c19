"""Master-file syntax above the records (RFC 1035 section 5.1).

Tokens, quotes, comments and parentheses; TTLs in seconds or in BIND's units (`1h30m`, `1w`), within 0 and 2^31-1 (RFC
2181 section 8); `$GENERATE range owner [TTL] [class] type rdata`, as the BIND ARM has it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sophia_infra.dns.reader.problems import Refused, Unreadable, quoted

PIECE = re.compile(
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
"""A piece of a physical line; its group says which kind."""

Lines = Iterator[tuple[int, str]]
"""Physical lines with their numbers, counted from 1."""

TTL_LIMIT = 2**31 - 1
DEFAULT_TTL = 3600
"""Seconds for a record when neither it, `$TTL`, an earlier record, the SOA nor the caller says."""

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_TTL = re.compile(r"[0-9]{1,10}|(?:[0-9]{1,10}[wdhms])+", re.IGNORECASE)
_PART = re.compile(r"([0-9]+)([wdhms]?)")
GENERATE_LIMIT = 262_144
"""Records that one directive may make."""

_RANGE = re.compile(r"([0-9]{1,10})-([0-9]{1,10})(?:/([0-9]{1,10}))?")
_PLACE = re.compile(r"\\.|\$\$|\$\{([^}]*)\}|\$", re.DOTALL)
_MODIFIERS = re.compile(r"(-?[0-9]{1,10})(?:,([0-9]{1,3})(?:,([doxXnN]))?)?")


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
    for piece in PIECE.finditer(text):
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


def seconds(text: str) -> int:
    """Return a TTL in seconds."""
    if not _TTL.fullmatch(text):
        raise Refused("ttl-invalid", "ttl", f"{quoted(text)} is not a TTL", value=text)
    ttl = sum(int(number) * _UNITS[unit or "s"] for number, unit in _PART.findall(text.lower()))
    if ttl > TTL_LIMIT:
        message = f"a TTL of {ttl} seconds is over the limit of {TTL_LIMIT}"
        raise Refused("ttl-out-of-range", "ttl", message, value=text)
    return ttl


def generate_range(text: str) -> range:
    """Return the numbers that a range `start-stop[/step]` stands for."""
    match = _RANGE.fullmatch(text)
    start, stop, step = (int(group or 1) for group in match.groups()) if match else (1, 0, 1)
    if start > stop or not step:
        message = f"{quoted(text)} is not a range start-stop[/step] with start up to stop"
        raise Refused("directive-syntax", "$GENERATE", message, value=text)
    found = range(start, stop + 1, step)
    if len(found) > GENERATE_LIMIT:
        message = f"the range {quoted(text)} makes {len(found)} records, the limit is {GENERATE_LIMIT}"
        raise Refused("generate-too-large", "$GENERATE", message, value=text)
    return found


def generate_lines(template: str, steps: range) -> Iterator[str]:
    """Yield the template once a step with `$` and `${offset,width,base}` replaced; `$$` and `\\$` are a dollar."""
    places = list(_PLACE.finditer(template))
    pieces = [_piece(match) for match in places]
    ends = [0, *(end for match in places for end in match.span()), len(template)]
    first, *between = [template[start:stop] for start, stop in zip(ends[::2], ends[1::2], strict=True)]
    for step in steps:
        filled = [piece if isinstance(piece, str) else _number(step, *piece) for piece in pieces]
        yield first + "".join(number + text for number, text in zip(filled, between, strict=True))


def _piece(match: re.Match[str]) -> str | tuple[int, int, str]:
    if match[0] == "$$":
        return "\\$"
    if match[0].startswith("\\"):
        return match[0]
    if match[0] == "$":
        return 0, 0, "d"
    modifiers = _MODIFIERS.fullmatch(match[1])
    if not modifiers:
        message = f"{quoted(match[0])} is not ${{offset[,width[,base]]}} with a base of d, o, x, X, n or N"
        raise Refused("directive-syntax", "$GENERATE", message, value=match[0])
    return int(modifiers[1]), int(modifiers[2] or 0), modifiers[3] or "d"


def _number(step: int, offset: int, width: int, base: str) -> str:
    value = step + offset
    if value < 0:
        message = f"{step} with an offset of {offset} is below zero"
        raise Refused("directive-syntax", "$GENERATE", message, value=str(value))
    if base not in "nN":
        return f"{value:0{width}{base}}"
    digits = f"{value:x}" if base == "n" else f"{value:X}"
    nibbles = ".".join(reversed(digits))
    # a width counts the dots too: 0.0.0.0 is seven wide (BIND)
    while len(nibbles) < width:
        nibbles += ".0" if len(nibbles) + 1 < width else "."
    return nibbles
