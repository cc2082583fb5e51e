"""What a command's exit status says, where it is not 0."""

USAGE = 2
PORT_TAKEN = 5
