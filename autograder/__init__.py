"""Build, release and grade assignments whose student code never meets a hidden check."""
