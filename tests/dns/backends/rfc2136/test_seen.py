"""What a process remembers of the zones that it transferred is bounded, however many it reads."""

from __future__ import annotations

from sophia_infra.dns.backends.rfc2136.transfer import Seen, Served


def zone(size: int = 100) -> Served:
    return Served("x" * size)


def test_zones_used_longest_ago_are_forgotten_beyond_the_limit() -> None:
    seen = Seen(limit=1000)
    for number in range(10):
        seen.keep(f"dns://a/{number}", zone())
    assert seen.get("dns://a/0"), "all of them fit"
    seen.keep("dns://a/10", zone())
    assert seen.get("dns://a/1") is None
    assert seen.get("dns://a/0"), "it was used since"


def test_a_process_that_reads_many_zones_keeps_no_more_than_the_limit() -> None:
    seen = Seen(limit=1000)
    for number in range(10_000):
        seen.keep(f"dns://a/{number}", zone())
    kept = [found for number in range(10_000) if (found := seen.get(f"dns://a/{number}"))]
    assert sum(len(found.text) for found in kept) == 1000


def test_a_zone_seen_anew_counts_once() -> None:
    seen = Seen(limit=1000)
    seen.keep("dns://a/other", zone())
    for size in (100, 300, 900):
        seen.keep("dns://a/zone", zone(size))
    assert seen.get("dns://a/other")
    assert seen.get("dns://a/zone") == zone(900)


def test_a_zone_larger_than_the_limit_is_not_kept() -> None:
    seen = Seen(limit=1000)
    seen.keep("dns://a/zone", zone(1001))
    assert seen.get("dns://a/zone") is None
    seen.keep("dns://a/zone", zone(1000))
    assert seen.get("dns://a/zone")


def test_a_zone_that_was_written_is_forgotten() -> None:
    seen = Seen(limit=1000)
    for _ in range(100):
        seen.keep("dns://a/zone", zone(900))
        seen.forget("dns://a/zone")
        assert seen.get("dns://a/zone") is None
    seen.keep("dns://a/zone", zone(1000))
    assert seen.get("dns://a/zone"), "what was forgotten does not count"
