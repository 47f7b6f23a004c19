from tests.dns.lint.cases.case import Case


def address(code: str, level: str, bad: str, good: str, origin: str = "shop.example") -> Case:
    """A case of two addresses of one host."""
    kinds = ["AAAA" if ":" in text else "A" for text in (bad, good)]
    return Case(code, f"{level} api {kinds[0]}", f"api {kinds[0]} {bad}", f"api {kinds[1]} {good}", origin=origin)


INSIDE = "\n".join(f"h{number} A 10.0.0.{number}" for number in range(20))
CASES = [
    address("address-unusable", "error", "0.1.0.0", "1.0.0.0"),
    address("address-unusable", "error", "169.254.7.7", "169.253.7.7"),
    address("address-unusable", "error", "255.255.255.255", "223.255.255.255"),
    address("address-unusable", "error", "::", "2001:db8::"),
    address("address-unusable", "error", "fe80::1", "2606:4700::1"),
    address("address-unusable", "error", "::ffff:192.0.2.7", "64:ff9b::192.0.2.7"),
    address("address-loopback", "warning", "127.0.0.1", "127.0.0.2"),
    Case("address-loopback", "warning dev AAAA", "dev AAAA ::1", "localhost AAAA ::1\nlocal-dev A 127.0.0.1"),
    address("address-private", "warning", "10.1.2.3", "11.1.2.3"),
    address("address-private", "warning", "172.31.2.3", "172.32.2.3"),
    address("address-private", "warning", "192.168.2.3", "192.167.2.3"),
    address("address-private", "warning", "100.64.2.3", "100.63.2.3"),
    address("address-private", "warning", "fd12::1", "3fff::1"),
    Case("address-private", "warning api A", "api A 10.0.0.1", INSIDE),
    Case(
        "aaaa-missing",
        "info www A",
        "www A 192.0.2.10",
        "www A 192.0.2.10\nwww AAAA 2001:db8::10",
        without=("www CNAME",),
    ),
    Case(
        "aaaa-missing",
        "info @ A",
        "www A 192.0.2.10\nwww AAAA 2001:db8::10",
        "www A 192.0.2.10",
        without=("@ AAAA", "www CNAME"),
    ),
    address("address-unusable", "error", "224.0.0.1", "223.0.0.1"),
    address("address-private", "warning", "172.16.0.1", "172.15.0.1"),
    address("address-documentation", "warning", "192.0.2.1", "192.0.3.1", origin="shop.net"),
    address("address-documentation", "warning", "203.0.113.1", "203.0.114.1", origin="shop.net"),
    address("address-documentation", "warning", "2001:db8::1", "2001:db9::1", origin="shop.net"),
    Case("address-documentation", "warning www A", "www A 198.51.100.1", "www A 9.9.9.9", origin="example.org.test2"),
]
