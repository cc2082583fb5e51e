"""How a command fails: messages in three parts, near misses, exit codes of faults and Ctrl-C."""
