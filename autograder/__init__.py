"""Build, release and grade assignments; hidden checks never enter a process that runs student code."""
