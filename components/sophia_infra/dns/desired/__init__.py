"""From what a program says of a zone to what is applied: a pipeline of steps, each in a file of its own. Pure."""
