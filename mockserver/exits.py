"""What a command's exit status says, where it is not 0."""

FOUND = 1
USAGE = 2
NO_SERVER = 3
PORT_TAKEN = 5
INTERRUPTED = 130
