"""Files of our own on this machine: where they are, who may use them at once, and that each is whole."""
