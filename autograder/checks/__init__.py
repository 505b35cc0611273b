"""Hidden checks, one file an assignment: ordinary pytest functions over `student`, `reference`, `rng`."""
