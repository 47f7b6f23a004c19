from tests.dns.lint.cases.case import Case

CASES = [
    Case("ttl-too-short", "warning lists MX", "lists 30 MX 10 mail", "lists 60 MX 10 mail"),
    Case("ttl-too-long", "warning api A", "api 604801 A 192.0.2.7\napi 604801 A 192.0.2.8", "api 604800 A 192.0.2.7"),
    Case(
        "ttl-too-short", "warning sub NS", "sub 30 NS ns1.dns.example.", "sub 60 NS ns1.dns.example.\napi 0 A 192.0.2.7"
    ),
]
