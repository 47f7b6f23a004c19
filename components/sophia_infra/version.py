"""The release. Advice is kept per release, because rules may change between two of them."""

VERSION = "0.1.0"
