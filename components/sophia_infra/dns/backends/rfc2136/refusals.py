"""What a name server's refusal means, and the way out (response codes: RFC 1035, 2136 section 2.2, 8945 section 3)."""

from sophia_infra.dns.backends.base import BackendError

_WAYS_OUT = {
    "BADKEY": "it knows no such key: mend backend.key_name and backend.key_algorithm, or add the key there",
    "BADSIG": "its secret for the key is another one: set sophia:tsigSecret (or SOPHIA_TSIG_SECRET) to that",
    "BADTIME": "its clock and this machine's differ by more than 5 minutes: set both by NTP",
    "FORMERR": "it can't read the message: its log says more, and an older server may not know a record type",
    "NOTAUTH": "it is not the zone's primary: make the zone there first, since no update can, or mend backend.server",
    "NOTIMP": "it takes no such requests: name the zone's primary in backend.server",
    "REFUSED": (
        "let this key both transfer and update the zone there (BIND: allow-transfer and allow-update or update-policy; "
        "Knot: an acl with both actions); BIND refuses host names that its check-names does not allow as well"
    ),
    "SERVFAIL": "its log says why; BIND holds 100 records in a set unless max-records-per-type says otherwise",
}


def refusal(code: str, place: str, deed: str) -> BackendError:
    """Return the error for a response code."""
    return BackendError(f"{place}: the server answers {code} to the {deed}; {_WAYS_OUT.get(code, 'its log says why')}")
