"""The two sides that plan a zone, each in a process of its own: `python -m bench.peers.<side> BASE DESIRED ROUNDS`."""
