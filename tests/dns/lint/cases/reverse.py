from tests.dns.lint.cases.case import Case

V4, V6 = "2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"
HOST = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
CASES = [
    Case("ptr-target-reverse", "error 7 PTR", "7 PTR host", "7 PTR host.dns.example.", origin=V4),
    Case("ptr-target-reverse", "error 7 PTR", "7 PTR 8", "b._dns-sd._udp.0 PTR 0", origin=V4),
    Case("ptr-target-is-address", "error 7 PTR", "7 PTR 192.0.2.7.", "7 PTR h7.192.0.2.dns.example.", origin=V4),
    Case("ptr-owner-invalid", "error 7.2 PTR", "7.2 PTR h.dns.example.", "7 PTR h.dns.example.", origin=V4),
    Case("ptr-owner-invalid", "error 256 PTR", "256 PTR h.dns.example.", "255 PTR h.dns.example.", origin=V4),
    Case("ptr-owner-invalid", "error 7.2 PTR", "7.2 PTR h.dns.example.", "7.0/25 PTR h.dns.example.", origin=V4),
    Case(
        "ptr-owner-invalid",
        f"error 0.{HOST} PTR",
        f"0.{HOST} PTR h.dns.example.",
        f"{HOST} PTR h.dns.example.",
        origin=V6,
    ),
    Case("ptr-owner-invalid", "error 1.0 PTR", "1.0 PTR h.dns.example.", "x.0 PTR h.dns.example.", origin=V6),
    Case("ptr-owner-invalid", "error 10.0 PTR", "10.0 PTR h.dns.example.", "@ PTR h.dns.example.", origin=V6),
    Case("ptr-target-is-address", "error 7 PTR", "7 PTR 255.0.2.7.", "7 PTR a.192.0.2.", origin=V4),
]
