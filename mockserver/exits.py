"""What a command's exit status says."""

DONE = 0
FOUND = 1
USAGE = 2
NO_SERVER = 3
REFUSED = 4
PORT_TAKEN = 5
