"""Where student code runs: how the process is locked in, and what a machine lacks for that."""
