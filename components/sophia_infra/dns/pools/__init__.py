"""Names served from ranked pools of targets: only what answers its checks is published (docs/pools.md)."""
