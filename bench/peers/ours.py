"""Our side: canonical text in, changes out."""

from bench.peers import measured
from bench.zones import ORIGIN
from sophia_infra.dns.exposure import between


def prepare(base: str, desired: str) -> measured.Planner:
    def plan() -> tuple[int, int, int]:
        changes = between(base, desired, origin=ORIGIN, previous=base)
        return changes.creates, changes.updates, changes.deletes

    return plan


if __name__ == "__main__":
    measured.main(prepare)
