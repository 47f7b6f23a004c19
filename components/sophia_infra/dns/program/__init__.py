"""The program's side: from arguments to the inputs of resources."""
