"""What the stacks that are measured are made of."""
