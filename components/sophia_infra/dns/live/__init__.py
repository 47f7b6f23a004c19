"""Live zones by hand: what `sophia dns` and `sophia zone compare` do."""
