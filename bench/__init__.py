"""Side-by-side measurements against peers: `python -m bench`; docs/benchmarks.md says what is measured and how."""
