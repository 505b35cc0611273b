"""Named wrong implementations with their hints, one file an assignment."""
