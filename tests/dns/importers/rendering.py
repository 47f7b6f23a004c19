"""One made-up zone, written in every format that an importer reads; and ways to spoil an entry of it."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import dns.exception
import dns.rdata
import dns.rdatatype
import yaml
from hypothesis import strategies as st

ZONE = "shop.example"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record with an owner of its own, `r0`, `r1` and so on, by which it can be told in whatever comes out."""

    owner: str
    ttl: Any
    rtype: str
    value: Any

    @property
    def full(self) -> str:
        return ZONE if self.owner == "@" else f"{self.owner}.{ZONE}"


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=300)
VALUES: dict[str, st.SearchStrategy[str]] = {
    "A": st.ip_addresses(v=4).map(str),
    "AAAA": st.ip_addresses(v=6).map(str),
    "CNAME": st.sampled_from(["a.other.example.", "www.shop.example.", "xn--bcher-kva.example."]),
    "MX": st.tuples(st.integers(0, 65535), st.sampled_from(["m.other.example.", "."])).map(
        lambda it: f"{it[0]} {it[1]}"
    ),
    "SRV": st.tuples(*[st.integers(0, 65535)] * 3).map(lambda it: f"{it[0]} {it[1]} {it[2]} s.other.example."),
    "CAA": st.tuples(
        st.sampled_from([0, 128]),
        st.sampled_from(["issue", "issuewild", "iodef"]),
        st.sampled_from([";", "ca.example", "ca.example; account=7", "mailto:a@shop.example", 'a "b" c\\d']),
    ).map(lambda it: f"{it[0]} {it[1]} {_string(it[2])}"),
    "NS": st.sampled_from(["ns1.other.example.", "ns.shop.example."]),
    "PTR": st.sampled_from(["host.other.example.", "www.shop.example."]),
    "SSHFP": st.binary(min_size=32, max_size=32).map(lambda it: f"4 2 {it.hex()}"),
    "TLSA": st.binary(min_size=32, max_size=32).map(lambda it: f"3 1 1 {it.hex()}"),
    "TXT": TEXTS,
}
SPOILT_TTLS = st.sampled_from(["soon", -1, 2**40, None, [300], True, 1.5, ""])
SPOILT_RTYPES = st.sampled_from(["ANAME", "URL", "NONSENSE", "", "A B", "TYPE65536", "ANY"])
SPOILT_VALUES = st.sampled_from(
    ["", "1.2.3", None, ["x"], {"a": 1}, True, "a\nb", "x" * 70 + ".example.", '"open', "\\"]
)


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    """Sound records."""
    rtypes = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=8))
    return [
        Entry(f"r{index}", draw(st.integers(2, 86400)), rtype, draw(VALUES[rtype]))
        for index, rtype in enumerate(rtypes)
    ]


@st.composite
def spoilt(draw: st.DrawFn) -> list[Entry]:
    """Records some of which no zone can hold."""
    spoil: Callable[[Entry], Entry]
    found = draw(entries())
    for index in draw(st.sets(st.integers(0, len(found) - 1))):
        spoil = draw(
            st.one_of(
                SPOILT_TTLS.map(lambda ttl: lambda one: replace(one, ttl=ttl)),
                SPOILT_RTYPES.map(lambda rtype: lambda one: replace(one, rtype=rtype)),
                SPOILT_VALUES.map(lambda value: lambda one: replace(one, value=value)),
            )
        )
        found[index] = spoil(found[index])
    return found


def words(entry: Entry, count: int) -> list[str]:
    """The fields of a value; the last one takes the rest."""
    return [*str(entry.value).split(" ", count - 1), *[""] * count][:count]


def issuance(entry: Entry) -> tuple[str, str, str]:
    """Flags, tag and value of CAA data."""
    flags, tag, value = words(entry, 3)
    return flags, tag, re.sub(r"\\(.)", r"\1", value[1:-1])


def master(found: Sequence[Entry]) -> str:
    return "".join(f"{one.full}. {one.ttl} IN {one.rtype} {_quoted(one)}\n" for one in found)


def godaddy(found: Sequence[Entry]) -> str:
    header = f"; Domain: {ZONE}\n; Exported (y-m-d hh:mm:ss): 2026-01-28 10:58:45\n\n$ORIGIN {ZONE}.\n\n; SOA Record\n"
    return header + "".join(f"{one.owner}\t{one.ttl}\t IN \t{one.rtype}\t{_quoted(one)}\n" for one in found)


def _quoted(entry: Entry) -> str:
    if entry.rtype != "TXT" or not isinstance(entry.value, str):
        return str(entry.value).replace("\n", " ")
    octets = entry.value.encode()
    chunks = [octets[start : start + 255] for start in range(0, len(octets), 255)] or [b""]
    return " ".join('"' + "".join(f"\\{octet:03d}" for octet in chunk) + '"' for chunk in chunks)


def octodns(found: Sequence[Entry]) -> str:
    def data(one: Entry) -> dict[str, Any]:
        return {"type": one.rtype, "ttl": one.ttl, "value": _octodns_value(one)}

    return yaml.safe_dump({one.owner: data(one) for one in found}, allow_unicode=True)


def _octodns_value(one: Entry) -> Any:
    if one.rtype == "MX":
        preference, exchange = words(one, 2)
        return {"preference": preference, "exchange": exchange}
    if one.rtype == "SRV":
        return dict(zip(("priority", "weight", "port", "target"), words(one, 4), strict=True))
    if one.rtype == "CAA":
        return dict(zip(("flags", "tag", "value"), issuance(one), strict=True))
    if one.rtype == "SSHFP":
        return dict(zip(("algorithm", "fingerprint_type", "fingerprint"), words(one, 3), strict=True))
    if one.rtype == "TLSA":
        fields = ("certificate_usage", "selector", "matching_type", "certificate_association_data")
        return dict(zip(fields, words(one, 4), strict=True))
    if one.rtype == "TXT" and isinstance(one.value, str):
        # octoDNS drops the first and last character of a text that starts with a quote, and every `" "` in it
        text = one.value.replace(";", "\\;").replace('"', '"" "')
        return f'"{text}"' if text.startswith('"') else text
    return one.value


def dnscontrol(found: Sequence[Entry]) -> str:
    def record(one: Entry) -> dict[str, Any]:
        made = {"filepos": "[line:1:1]", "name": one.owner, "ttl": one.ttl, "type": one.rtype, "target": one.value}
        if one.rtype == "MX":
            made["mxpreference"], made["target"] = words(one, 2)
        if one.rtype == "SRV":
            made["srvpriority"], made["srvweight"], made["srvport"], made["target"] = words(one, 4)
        if one.rtype == "CAA":
            made["caaflag"], made["caatag"], made["target"] = issuance(one)
        if one.rtype == "SSHFP":
            made["sshfpalgorithm"], made["sshfpfingerprint"], made["target"] = words(one, 3)
        if one.rtype == "TLSA":
            made["tlsausage"], made["tlsaselector"], made["tlsamatchingtype"], made["target"] = words(one, 4)
        return made

    return json.dumps({"domains": [{"name": ZONE, "records": [record(one) for one in found]}], "registrars": []})


def dnscontrol_tsv(found: Sequence[Entry]) -> str:
    """As `get-zones --format=tsv`; a text stands there bare, in one piece."""

    def data(one: Entry) -> str:
        return str(one.value).replace("\n", " ")

    return "".join(f"{one.full}\t{one.owner}\t{one.ttl}\tIN\t{one.rtype}\t{data(one)}\n" for one in found)


def _api(one: Entry) -> dict[str, Any]:
    made: dict[str, Any] = {"name": one.full, "type": one.rtype, "content": one.value, "ttl": one.ttl, "proxied": False}
    if one.rtype == "MX":
        made["priority"], made["content"] = words(one, 2)
    if one.rtype in DATA_FIELDS:
        values = issuance(one) if one.rtype == "CAA" else words(one, len(DATA_FIELDS[one.rtype]))
        made["data"] = dict(zip(DATA_FIELDS[one.rtype], values, strict=True))
    if one.rtype == "TXT" and isinstance(one.value, str):
        made["content"] = _quoted(one)
    return made


DATA_FIELDS = {
    "CAA": ("flags", "tag", "value"),
    "SSHFP": ("algorithm", "type", "fingerprint"),
    "TLSA": ("usage", "selector", "matching_type", "certificate"),
}


def cloudflare_json(found: Sequence[Entry]) -> str:
    return json.dumps({"success": True, "result": [_api(one) for one in found]})


def cloudflare(found: Sequence[Entry]) -> str:
    lines = (f"{one.full}.\t{one.ttl}\tIN\t{one.rtype}\t{_quoted(one)}\n" for one in found)
    return f";; Domain: {ZONE}.\n" + "".join(lines)


def terraform(found: Sequence[Entry]) -> str:
    def resource(index: int, one: Entry) -> dict[str, Any]:
        fields = {**_api(one), "zone_id": "z", "id": "x"}
        return {
            "mode": "managed",
            "type": "cloudflare_dns_record",
            "name": f"n{index}",
            "instances": [{"attributes": fields}],
        }

    resources = [resource(index, one) for index, one in enumerate(found)]
    return json.dumps({"version": 4, "terraform_version": "1.9.5", "resources": resources})


def pulumi(found: Sequence[Entry]) -> str:
    kind = "cloudflare:index/dnsRecord:DnsRecord"
    resources = [
        {"urn": f"urn:pulumi:p::p::{kind}::n{index}", "custom": True, "type": kind, "outputs": _api(one)}
        for index, one in enumerate(found)
    ]
    return json.dumps({"version": 3, "deployment": {"resources": resources}})


def route53(found: Sequence[Entry]) -> str:
    def rrset(one: Entry) -> dict[str, Any]:
        value = _octal(_quoted(one)) if one.rtype == "TXT" and isinstance(one.value, str) else one.value
        return {"Name": f"{one.full}.", "Type": one.rtype, "TTL": one.ttl, "ResourceRecords": [{"Value": value}]}

    return json.dumps({"ResourceRecordSets": [rrset(one) for one in found]})


def _octal(decimal: str) -> str:
    return '" "'.join(
        "".join(f"\\{int(n):03o}" for n in part.split("\\")[1:]) for part in decimal[1:-1].split('" "')
    ).join('""')


def tinydns(found: Sequence[Entry]) -> str:
    return "".join(f"{_tinydns_line(one)}\n" for one in found)


def _tinydns_line(one: Entry) -> str:
    value = _octets(str(one.value).encode())
    if one.rtype in {"A", "CNAME", "PTR"}:
        return f"{ {'A': '+', 'CNAME': 'C', 'PTR': '^'}[one.rtype] }{one.full}:{value}:{one.ttl}"
    if one.rtype == "NS":
        return f"&{one.full}::{value}:{one.ttl}"
    if one.rtype == "MX":
        preference, exchange = words(one, 2)
        return f"@{one.full}::{_octets(exchange.encode())}:{_octets(preference.encode())}:{one.ttl}"
    try:
        data = dns.rdata.from_text("IN", one.rtype, _quoted(one)).to_wire()
        return f":{one.full}:{int(dns.rdatatype.from_text(one.rtype))}:{_octets(data or b'')}:{one.ttl}"
    except (dns.exception.DNSException, ValueError):
        return f"?{one.full}:{value}:{one.ttl}"


def _octets(octets: bytes) -> str:
    return "".join(f"\\{octet:03o}" if octet in b":\\\n\r" or not 32 < octet < 127 else chr(octet) for octet in octets)


RENDERINGS: dict[str, Callable[[Sequence[Entry]], str]] = {
    "cloudflare": cloudflare,
    "cloudflare-json": cloudflare_json,
    "dnscontrol": dnscontrol,
    "dnscontrol+tsv": dnscontrol_tsv,
    "godaddy": godaddy,
    "master": master,
    "octodns": octodns,
    "pulumi": pulumi,
    "route53": route53,
    "terraform": terraform,
    "tinydns": tinydns,
}
"""By the source's name; behind a plus sign, another form of it."""
