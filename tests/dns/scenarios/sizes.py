"""Sizes around the pages and batches of backends, and large changes with others among them."""

from collections.abc import Iterable

from tests.dns.scenarios.model import Scenario, scenario


def hosts(count: int, address: str = "192.0.2.4") -> str:
    """This many names with an address each."""
    return _lines(f"rec{number:04d} A {address}" for number in range(count))


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _many(count: int) -> Scenario:
    return scenario(f"{count} records", hosts(count), hosts(count, "192.0.2.5"), hosts(count - 1), not_on="namecheap")


SIZES = [
    scenario("99, 100 and 101 records", hosts(99), hosts(100), hosts(101)),
    _many(600),
    _many(1200),
    scenario(
        "a large update with others",
        hosts(1200),
        hosts(1200, "192.0.2.6") + "new A 192.0.2.7\nother CNAME new\n",
        hosts(1100, "192.0.2.7") + 'new TXT "x"\nthird MX 5 new\n',
        not_on="namecheap",
    ),
    scenario(
        "600 values at one name",
        _lines(f"w A 10.0.{n // 250}.{n % 250}" for n in range(600)),
        "w A 10.0.0.1\n",
        not_on="namecheap",
    ),
    scenario(
        "300 names become CNAMEs",
        hosts(300),
        _lines(f"rec{n:04d} CNAME a.other.example." for n in range(300)),
        hosts(300),
        not_on="namecheap",
    ),
    scenario(
        "a whole zone replaced by another",
        _lines(f"old{n} A 192.0.2.1" for n in range(140)),
        _lines(f"new{n} CNAME x.other.example." for n in range(140)),
    ),
    scenario(
        "forty delegations with glue",
        _lines(f"c{n} NS ns.c{n}\nns.c{n} A 192.0.2.{n}" for n in range(40)),
        _lines(f"c{n} A 192.0.2.{n}" for n in range(40)),
    ),
]
