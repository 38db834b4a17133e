"""The maths: networks, their gradients and their training. Knows arrays and generators, never a file or a config."""
