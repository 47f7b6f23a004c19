"""A text as tokens: words that are understood, names, addresses, times, and what is quoted, which is data."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from ipaddress import ip_address

from sophia_infra.agent.understanding.lexicon import LAST_WORDS, PROVIDERS, WORDS, Part, Word, listed, mended, words
from sophia_infra.dns.rr.rtype import RTYPES

LONGEST = 2000
"""Characters of a text that is read; a longer one is not."""


Kind = StrEnum("Kind", "WORD NAME ADDRESS NUMBER DURATION DATE WHEN QUOTE RTYPE PROVIDER END")
"""What a token is; WORD is the only one that steers, all others are what it is about."""


MEASURES = (Kind.NUMBER, Kind.DURATION)


@dataclass(frozen=True, slots=True)
class Token:
    """A token. `text` is in lower case but for what is data: `raw` and quotes are as they were written.

    `part` and `concept` are those of a word: what it does in a sentence, and what it means.
    `number` is a number, the seconds of a duration, or how far in seconds that is which says when: `last week`.
    `asks` is set where a sentence ends in a question mark.
    """

    kind: Kind
    text: str
    raw: str = ""
    part: Part | None = None
    concept: str = ""
    number: int = 0
    asks: bool = False

    @property
    def shown(self) -> str:
        """The token as people know it: `30 days`, a name, an address."""
        if self.kind not in (Kind.DURATION, Kind.WHEN):
            return self.text
        unit, count = next((unit, self.number // each) for unit, each in _SHOWN.items() if self.number % each == 0)
        return f"{count} {unit}{'' if count == 1 else 's'}"


_SHOWN = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
_AND = Word(Part.AND, "and")
_UNITS = {word: int(seconds) for seconds, word in WORDS["unit"]}
_WHEN = {phrase: _SHOWN["day"] * int(days) for days, phrase in WORDS["when"]}
_AHEAD, _AGO = listed("ahead"), listed("ago")
"""What a duration stands after, or before, that says when."""
_COUNTS = {word: int(count) for count, word in WORDS["count"]}
_MORE_TYPES = ("DS", "DNSKEY", "TLSA", "SSHFP", "OPENPGPKEY", "SMIMEA", "CDS", "CDNSKEY", "URI", "LOC")
_TYPES = {*RTYPES, *_MORE_TYPES} - {"SPF", "ALIAS"}
_PAIRS = {'"': '"', "“": "”", "”": "”“", "„": "“”", "«": "»", "»": "«", "`": "`", "'": "'"}
CLITIC = re.compile(r"(?:l|d|n|qu|s)['’](?=\w)")
_COMPOUND = re.compile(rf"({'|'.join(_TYPES)})-([a-zA-Z]+)|(?i:(ttl)=(\d+)|(p)=(quarantine|reject))")
"""Two words without a blank: `A-Eintrag`, `ttl=300`."""
_MONTHS = {word: int(month) for month, word in WORDS["month"]}
_END = r"(?![\w-]|\.\w)"


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_QUOTES = "|".join(rf"{mark}[^{ends}]*(?:[{ends}]|\Z)" for mark, ends in _PAIRS.items()).replace("'", r"(?<!\S)'", 1)
_LEXEME = re.compile(
    rf"(?P<mail>^[^\S\n]*>[^\n]*)|(?P<quote>{_QUOTES})"
    rf"|(?P<date>(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)? ?(?:of )?(?P<month>{_any(_MONTHS)}|\d{{1,2}}(?=\.))"
    rf"|(?P<named>{_any(_MONTHS)})\.? (?P<ordinal>\d{{1,2}})(?:st|nd|rd|th)?)\.?,? ?(?P<year>\d{{4}}){_END})"
    rf"|(?P<time>(?:(?P<count>\d{{1,9}}(?=[ -]?[a-z])|(?:{_any(_COUNTS)})(?=[ -]))[ -]?(?P<unit>{_any(_UNITS)})"
    rf"|{_any(_WHEN)}){_END})"
    r"""|(?P<chunk>[-=]>|;-?\)|[^\s,;!?()\[\]<>{}"“”„«»`]+|[\[\]{}<>]|[,;!?(\n])""",
    re.MULTILINE,
)
_PARTICLES = {
    (first, second)
    for _, word in WORDS[Part.CHANGE]
    for first, _, second in (word.partition(" "),)
    if second and " " not in second and words().get(second, _AND).part not in (Part.TO, Part.OF)
}
"""Verbs of two words, which may stand apart: `turn mail off`."""
_FARTHEST = 7


def scan(text: str) -> list[Token]:
    """Return the tokens of a text, phrases joined and slips of the pen mended. Takes time linear in the text."""
    return _timed(list(_phrases(_joined(list(_chunks(text))))))


def _joined(tokens: list[Token]) -> list[Token]:
    """Return the tokens with the two words of a verb that stand apart as one."""
    at = 0
    while at < len(tokens):
        for other in range(at + 2, min(at + _FARTHEST, len(tokens))):
            if tokens[other - 1].kind == Kind.END or tokens[other - 1].text in (",", "(", "and"):
                break
            if (tokens[at].text, tokens[other].text) in _PARTICLES:
                verb = f"{tokens[at].text} {tokens[other].text}"
                tokens = [*tokens[:at], replace(tokens[at], text=verb), *tokens[at + 1 : other], *tokens[other + 1 :]]
                break
        at += 1
    return tokens


def _timed(tokens: list[Token]) -> list[Token]:
    """Return the tokens with durations that say when as such: `in 3 days`, `3 days ago`."""
    for at, token in enumerate(tokens):
        if token.kind == Kind.DURATION:
            before = next(
                (each.text for each in reversed(tokens[:at]) if each.part != Part.FILL and each.concept != "last"), ""
            )
            after = tokens[at + 1].text if at + 1 < len(tokens) else ""
            if before in _AHEAD or after in _AGO:
                tokens[at] = replace(token, kind=Kind.WHEN)
    return tokens


def _chunks(text: str) -> Iterator[Token]:
    """Yield single tokens; words are not looked up yet."""
    lower = text.lower() if len(text.lower()) == len(text) else text
    for found in _LEXEME.finditer(lower):
        raw, kind = text[slice(*found.span())], found.lastgroup
        if kind in ("quote", "mail"):
            ends = kind == "quote" and len(raw) > 1 and raw[-1] in _PAIRS[raw[0]]
            said = raw.lstrip()[1 : len(raw) - ends]
            yield Token(Kind.QUOTE, said, said)
        elif kind == "date":
            number = _MONTHS.get(found["month"] or found["named"]) or int(found["month"])
            yield from _split(f"{found['year']}-{number:02}-{int(found['day'] or found['ordinal']):02}")
        elif kind == "time":
            yield _time(found, raw)
        else:
            yield from _split(raw)


def _time(found: re.Match[str], raw: str) -> Token:
    if found[0] in _WHEN:
        return Token(Kind.WHEN, found[0], raw, number=_WHEN[found[0]])
    seconds = (_COUNTS.get(found["count"]) or int(found["count"])) * _UNITS[found["unit"]]
    return Token(Kind.DURATION, found[0], raw, number=seconds)


def _split(chunk: str) -> Iterator[Token]:
    """Yield a chunk without the punctuation after it, and what that ends."""
    if chunk in (",", "(", "?", "!", ";", "\n"):
        yield Token(Kind.WORD, chunk, "", *_AND) if chunk in ",(" else Token(Kind.END, chunk, asks=chunk == "?")
        return
    core = chunk.rstrip(".:…")
    if core:
        lower = core.lower().replace("’", "'")
        if clitic := CLITIC.match(lower):
            core, lower = core[clitic.end() :], lower[clitic.end() :]
            yield from (Token(Kind.WORD, "ne", "", *words()["ne"]),) if clitic[0][0] == "n" else ()
        if found := _COMPOUND.fullmatch(core):
            first, core = filter(None, found.groups())
            yield from _split(first)
            lower = core.lower()
        yield _value(core, lower) or Token(Kind.NAME, lower, core)
    if chunk.endswith((".", "…")):
        yield Token(Kind.END, ".")


def _value(core: str, lower: str) -> Token | None:
    """Return the token of what is an address, a number, a time or a record type; None for anything else."""
    if lower.isascii() and lower.isdecimal() and len(lower) < 10:
        return Token(Kind.NUMBER, lower, core, number=int(lower))
    if core in _TYPES or (len(lower) > 2 and lower.upper() in _TYPES and lower not in ("loc", "https")):
        return Token(Kind.RTYPE, lower.upper(), core)
    if "=" in core[1:-1]:
        return Token(Kind.QUOTE, core, core)
    if address := _address(lower):
        return Token(Kind.ADDRESS, address, core)
    if day := _date(lower):
        return Token(Kind.DATE, day, core)
    return None


def _address(text: str) -> str:
    try:
        return str(ip_address(text)) if ("." in text or ":" in text) and "%" not in text else ""
    except ValueError:
        return ""


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if len(text) == 10 and text[4] == text[7] == "-" else ""
    except ValueError:
        return ""


def _phrases(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield tokens with the longest phrases joined, and words looked up."""
    known, at = words(), 0
    while at < len(tokens):
        token = tokens[at]
        for length in range(LAST_WORDS, 0, -1):
            part = tokens[at : at + length]
            if len(part) < length or not all(each.kind in (Kind.NAME, Kind.RTYPE, Kind.NUMBER) for each in part):
                continue
            phrase = " ".join(each.text if each.kind != Kind.RTYPE else each.raw.lower() for each in part)
            if (provider := PROVIDERS.get(phrase)) and phrase not in _TYPES:
                yield Token(Kind.PROVIDER, provider, phrase)
            elif phrase in known and (length > 1 or token.kind == Kind.NAME):
                yield Token(Kind.WORD, phrase, part[0].raw, *known[phrase])
            else:
                continue
            at += length
            break
        else:
            yield _single(token)
            at += 1


def _single(token: Token) -> Token:
    """Return a token that is no known word: a slip of one, or a name. What stands alone as `'s` is left to its name."""
    if token.kind != Kind.NAME:
        return token
    if token.text.endswith("'s"):
        token = replace(token, text=token.text[:-2], raw=token.raw[:-2])
    slip = words().get(mended(token.text))
    return Token(Kind.WORD, token.text, token.raw, *slip) if slip else token
