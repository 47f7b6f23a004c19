"""Master files (RFC 1035 section 5) and single records, read into canonical form: pure, and no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sophia_infra.dns.reader import sets, syntax
from sophia_infra.dns.reader.master import MasterFile, OpenInclude, Stop
from sophia_infra.dns.reader.names import Targets, unambiguous, zone_origin
from sophia_infra.dns.reader.problems import FIXES, Problem, Refused, ZoneTextError
from sophia_infra.dns.reader.rdata import FAST_PATHS, FORMS, canonical_rdata, encoded, type_of
from sophia_infra.dns.reader.syntax import DEFAULT_TTL, TTL_LIMIT
from sophia_infra.dns.rr.record import Record, collector_paused, from_text
from sophia_infra.dns.rr.rtype import rtype_of
from sophia_infra.dns.rr.txt import strings

__all__ = [
    "DEFAULT_TTL",
    "FIXES",
    "TTL_LIMIT",
    "OpenInclude",
    "Problem",
    "Reading",
    "ZoneTextError",
    "check_zone",
    "read",
    "read_rdata",
    "refuse_unloadable",
    "zone_apex",
    "zone_name",
]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text holds.

    `records` are canonical, in the file's order, without duplicates. `problems` make a name server refuse the file or
    a record; `warnings` it accepts, but not every server reads them alike; `notes` all read alike. Where `readable` is
    False, what follows the last problem could not be read at all. `zone` has each record at its place, repeated ones
    too.
    """

    records: list[Record]
    problems: list[Problem]
    readable: bool
    warnings: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    zone: sets.Zone = field(default_factory=sets.Zone)

    def sound(self) -> list[Record]:
        """Return the records.

        Raises:
            ZoneTextError: a name server would refuse some of the text; all its problems are there.
        """
        if self.problems:
            raise ZoneTextError(self.problems)
        return self.records


def read(
    text: str,
    origin: str,
    *,
    file: str = "<text>",
    default_ttl: int | None = None,
    open_include: OpenInclude | None = None,
) -> Reading:
    """Read a zone's master file.

    A record without a TTL takes, in this order: `$TTL`, `default_ttl`, the last TTL written before it (RFC 1035),
    the minimum of an SOA above it (RFC 2308 section 4), `DEFAULT_TTL`. After `$INCLUDE`, origin and owner are what
    they were before it.

    Raises `ZoneTextError` for an origin that is not a domain name, and for nothing else.
    """
    master = MasterFile(zone_apex(origin, file), default_ttl, open_include)
    readable = True
    with collector_paused():
        try:
            master.read(text, file)
        except Stop:
            readable = False
        records, problems, warnings = sets.check(master.zone)
        notes = sets.repeated(master.zone) if len(records) < len(master.zone.records) else []
    return Reading(records, master.problems + problems, readable, warnings, notes, master.zone)


def check_zone(records: Sequence[Record], file: str) -> list[Problem]:
    """Return what no single record shows: a CNAME beside other data, TTLs that differ within a set, and the like.

    For canonical records that come together from several places; `file` says in a word where, such as the zone's name.
    """
    _, problems, warnings = sets.check(sets.Zone(list(records), [0] * len(records), [(0, file)]))
    return problems + warnings


def refuse_unloadable(text: str, origin: str) -> None:
    """Raise `ZoneTextError` for canonical zone text that no name server would load."""
    if problems := check_zone(from_text(text), origin):
        raise ZoneTextError(problems)


def read_rdata(rtype: str, value: str, origin: str, *, quote: bool = True, file: str = "<record>") -> str:
    """Return one value of a typed record in canonical form, `rtype` being the record type's name.

    A value is RDATA as in a master file, with two differences. TXT and SPF data that does not start with a quote is one
    text, taken literally and split into strings of 255 octets. A target name without a trailing dot is relative to
    `origin` while it has one label; with more it is refused, since it could as well be meant in full.

    Raises `ZoneTextError` with one problem. With `quote=False` no part of the value stands in it: for secrets.
    """
    try:
        return _typed_rdata(type_of(rtype.upper()), rtype.upper(), value, zone_apex(origin, file))
    except Refused as refusal:
        problem = refusal.at(file, 0, rtype)
    if not quote and problem.field != "type":
        form = FORMS.get(rtype.upper(), "")
        fix = f"write {form}" if form else problem.fix
        hidden = Refused(problem.code, problem.field, f"the value is not valid {rtype} data and is not shown", fix=fix)
        problem = hidden.at(file, 0, rtype)
    raise ZoneTextError([problem])


def _typed_rdata(rtype: str, mnemonic: str, value: str, origin: str) -> str:
    if rtype in {"TXT", "SPF"} and not value.startswith(('"', "\\#")):
        return canonical_rdata(rtype, strings(encoded(value)), origin)
    if any(mark in value for mark in "\n\r\0"):
        raise Refused("record-syntax", "rdata", "a value stands on one line", value=value)
    entry = syntax.entry(value, iter(()))
    if entry.comment:
        message = "a ; outside quotes starts a comment, which a value can't hold"
        raise Refused("record-syntax", "rdata", message, value=value, fix="put the text in quotes, or write \\;")
    words = [token.text for token in entry.tokens]
    for word in [words[place] for place in rtype_of(rtype).names if place < len(words) and words[0] != "\\#"]:
        unambiguous(word, origin)
    fast = FAST_PATHS.get(rtype)
    found = fast(value, Targets(origin)) if fast and value.isascii() else None
    return canonical_rdata(rtype, syntax.join(entry.tokens), origin, mnemonic) if found is None else found


def zone_name(given: str, file: str = "domain") -> str:
    """Return a zone's name in canonical form, without the dot at its end. Raises as `zone_apex`."""
    return zone_apex(given, file).rstrip(".")


def zone_apex(given: str, file: str) -> str:
    """Return a zone's name in canonical form: A-labels, lower case, absolute.

    Raises:
        ZoneTextError: it is no domain name; `file` says where it stands.
    """
    try:
        return zone_origin(given)
    except Refused as refusal:
        raise ZoneTextError([refusal.at(file, 0)]) from None
