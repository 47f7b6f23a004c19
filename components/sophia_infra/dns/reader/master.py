"""Master files, read line by line (RFC 1035 section 5): a bad record is a problem, the rest is still read."""

import re
from collections.abc import Callable

from sophia_infra.dns.reader import syntax
from sophia_infra.dns.reader.names import Owners, Targets
from sophia_infra.dns.reader.problems import Problem, Refused, Unreadable, ZoneTextError, quoted
from sophia_infra.dns.reader.rdata import FAST_PATHS, canonical_rdata, type_of
from sophia_infra.dns.reader.sets import Zone
from sophia_infra.dns.reader.syntax import DEFAULT_TTL, TTL_LIMIT, Lines, Token, seconds
from sophia_infra.dns.rr.record import Record, record_of
from sophia_infra.errors import SophiaError

INCLUDE_DEPTH = 20
INCLUDES_LIMIT = 1000
"""Files that a zone may include, each time that it does: ten lines in each of a few files would be millions."""
"""Files that may be open inside one another."""
PROBLEM_LIMIT = 1000
"""Problems after which a text is given up."""

OpenInclude = Callable[[str, str], tuple[str, str]]
"""Takes a path as `$INCLUDE` writes it and the including file's name; returns the included file's name and its text.
Raises `SophiaError` or `OSError` where it can't be opened."""

# Owner, TTL, type and RDATA of a line without escapes, parentheses and other rarities.
_PLAIN = re.compile(
    r"((?:[A-Za-z0-9_*/-]{1,63}(?:\.[A-Za-z0-9_*/-]{1,63})*\.?|@)?)[ \t]+"
    r"(?:([0-9]{1,10})[ \t]+)?(?:IN[ \t]+)?([A-Z]+)[ \t]+"
    r"([!#-'*-:<-\[\]-~][ \t!#-'*-:<-\[\]-~]*|"
    r'(?:[0-9]+ [a-z]+ )?"[ !#-\[\]-~]*"(?: "[ !#-\[\]-~]*")*)[ \t\r]*(?:;.*)?'
).fullmatch
_CLASS = re.compile(r"IN|CH|HS|CS|NONE|ANY|CLASS[0-9]+", re.IGNORECASE)
_IN = frozenset({"IN", "CLASS1"})


class Stop(Exception):  # noqa: N818 - a signal inside the room
    """Nothing more can be read; the problem is noted."""


class MasterFile:
    """A zone's master file and what it includes, as far as it has been read: records, the place of each, problems."""

    def __init__(self, zone: str, default_ttl: int | None, open_include: OpenInclude | None) -> None:
        self.zone = Zone()
        self.problems: list[Problem] = []
        self._apex, self._open_include = zone, open_include
        self._default_ttl, self._last_ttl = default_ttl, default_ttl
        self._owner: str | None = None
        self._subject = ""
        self._files: list[str] = []
        self._included = 0
        self._enter_origin(Targets(zone))

    def _enter_origin(self, targets: Targets) -> None:
        self._targets, self._owners = targets, Owners(self._apex, targets)
        self._plain_limit = self._owners.plain_limit

    def read(self, text: str, file: str) -> None:
        """Read one file. Raises `Stop` where it can't be read to its end."""
        self._files.append(file)
        self.zone.enter(file)
        if "\0" in text:
            self._stop(
                Unreadable("not-text", "file", "there is a NUL octet in it"), text.count("\n", 0, text.index("\0")) + 1
            )
        lines = enumerate(text.removeprefix("\ufeff").split("\n"), 1)
        for number, line in lines:
            if not self._plain(number, line):
                self._note_entry(number, line, lines)
        self._files.pop()
        if self._files:
            self.zone.enter(self._files[-1])

    def _plain(self, number: int, line: str) -> bool:
        """Read a line that is as simple as most are. Anything else is left, right or wrong, to `_entry`."""
        match = _PLAIN(line)
        if match is None:
            return False
        owner, written, rtype, rdata = match.groups()
        ttl = int(written) if written else self._default_ttl
        fast = FAST_PATHS.get(rtype)
        if fast is None or ttl is None or ttl > TTL_LIMIT:
            return False
        try:
            data = fast(rdata.rstrip(), self._targets)
            if not owner:
                name = self._owner
            elif len(owner) <= self._plain_limit and owner[-1] not in ".@":
                name = owner.lower()
            else:
                name = self._owners[owner]
        except Refused:
            return False
        if data is None or name is None:
            return False
        self._owner, self._last_ttl = name, ttl
        self.zone.records.append(record_of((name, ttl, rtype, data)))
        self.zone.lines.append(number)
        return True

    def _note_entry(self, number: int, line: str, following: Lines) -> None:
        try:
            self._entry(number, line, following)
        except Unreadable as refusal:
            self._stop(refusal, number)
        except Refused as refusal:
            self.problems.append(refusal.at(self._files[-1], number, self._subject))
        if len(self.problems) >= PROBLEM_LIMIT:
            self._stop(Unreadable("too-many-problems", "file", f"{PROBLEM_LIMIT} problems, the limit"), number)

    def _stop(self, refusal: Unreadable, line: int) -> None:
        self.problems.append(refusal.at(self._files[-1], line))
        raise Stop

    def _entry(self, number: int, line: str, following: Lines) -> None:
        self._subject = ""
        entry = syntax.entry(line, following)
        if not entry.tokens:
            return
        if entry.tokens[0].text.startswith("$") and not entry.indented:
            self._directive(number, entry.tokens[0].text.upper(), entry.tokens[1:])
        else:
            self._record(number, entry)

    def _record(self, number: int, entry: syntax.Entry) -> None:
        tokens = entry.tokens
        if not entry.indented:
            self._owner = None
            self._owner = self._owners[tokens.pop(0).text]
        if self._owner is None:
            raise Refused("owner-missing", "owner", "no owner name that could be read stands before this record")
        ttl, mnemonic = _header(tokens)
        rtype = type_of(mnemonic)
        self._subject = f"{self._owner} {rtype}"
        if ttl is not None:
            self._last_ttl = ttl
        rdata = canonical_rdata(rtype, syntax.join(tokens), self._targets.origin, mnemonic)
        ttl = self._ttl(rtype, rdata) if ttl is None else ttl
        self.zone.records.append(Record(self._owner, ttl, rtype, rdata))
        self.zone.lines.append(number)

    def _ttl(self, rtype: str, rdata: str) -> int:
        if self._default_ttl is not None:
            return self._default_ttl
        if self._last_ttl is not None:
            return self._last_ttl
        if rtype != "SOA":
            return DEFAULT_TTL
        self._default_ttl = seconds(rdata.rsplit(" ", 1)[1])
        return self._default_ttl

    def _directive(self, number: int, name: str, tokens: list[Token]) -> None:
        words = [token.text for token in tokens]
        match name, words:
            case "$ORIGIN", [origin]:
                self._set_origin(origin)
            case "$TTL", [ttl]:
                self._default_ttl = seconds(ttl)
            case "$INCLUDE", [path, *origin] if len(origin) < 2:
                self._include(path.strip('"'), *origin)
            case "$GENERATE", [steps, owner, _, _, *_]:
                self._generate(number, steps, owner, tokens[2:])
            case (("$ORIGIN" | "$TTL" | "$INCLUDE" | "$GENERATE"), _):
                message = f"{name} can't be read with {len(words)} words after it"
                raise Refused("directive-syntax", name, message, value=" ".join(words))
            case _:
                raise Refused("directive-unknown", "directive", f"{quoted(name)} is not a directive", value=name)

    def _set_origin(self, origin: str) -> None:
        try:
            self._enter_origin(Targets(self._targets[origin]))
        except Refused as refusal:
            # every relative name after it would be another name than the one that is meant
            problem = refusal.problem
            raise Unreadable(problem.code, "$ORIGIN", problem.message, value=problem.value) from None

    def _include(self, path: str, origin: str | None = None) -> None:
        targets, owner = self._targets, self._owner
        file, text = self._open(path)
        if origin is not None:
            self._set_origin(origin)
        self.read(text, file)
        self._enter_origin(targets)
        self._owner = owner

    def _open(self, path: str) -> tuple[str, str]:
        if self._open_include is None:
            message = f"{quoted(path)} can't be opened from here"
            raise Unreadable("include-refused", "$INCLUDE", message, value=path)
        if len(self._files) >= INCLUDE_DEPTH:
            message = f"{quoted(path)} would be {len(self._files) + 1} files deep, the limit is {INCLUDE_DEPTH}"
            raise Unreadable("include-too-deep", "$INCLUDE", message, value=path)
        self._included += 1
        if self._included > INCLUDES_LIMIT:
            message = f"{quoted(path)} would be file {self._included} that is included, the limit is {INCLUDES_LIMIT}"
            raise Unreadable("include-too-many", "$INCLUDE", message, value=path)
        try:
            file, text = self._open_include(path, self._files[-1])
        except (SophiaError, OSError) as error:
            outside = isinstance(error, ZoneTextError) and error.problems[0].code == "include-outside"
            code = "include-outside" if outside else "file-missing"
            raise Unreadable(code, "$INCLUDE", f"{quoted(path)}: {error}", value=path) from None
        if file in self._files:
            raise Unreadable("include-loop", "$INCLUDE", f"{quoted(path)} includes itself", value=path)
        return file, text

    def _generate(self, number: int, steps: str, owner: str, tokens: list[Token]) -> None:
        ttl, rtype = _header(tokens)
        rdata = syntax.join(tokens)
        if len(tokens) == 1 and tokens[0].quoted:
            # BIND takes one word here, and quotes only hold it together: MX "10 mail$"
            rdata = rdata[1:-1].replace('\\"', '"')
        template = f"{owner} {'' if ttl is None else ttl} {rtype} {rdata}"
        before = self._owner
        for line in syntax.generate_lines(template, syntax.generate_range(steps)):
            if not self._plain(number, line):
                self._entry(number, line, iter(()))
        self._owner = before


def _header(tokens: list[Token]) -> tuple[int | None, str]:
    """Take TTL, class and type off a record's tokens: TTL and class are optional and come in any order."""
    ttl: int | None = None
    seen_class = False
    while tokens and not tokens[0].quoted:
        word = tokens.pop(0).text
        if word[0].isdecimal() and ttl is None:
            ttl = seconds(word)
        elif _CLASS.fullmatch(word) and not seen_class:
            seen_class = True
            if word.upper() not in _IN:
                raise Refused("class-unsupported", "class", f"the class {quoted(word)} is not IN", value=word)
        else:
            return ttl, word.upper()
    raise Refused("type-missing", "type", "no record type stands after the owner name")
