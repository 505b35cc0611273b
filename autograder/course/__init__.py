"""Where a course keeps its pieces, and what is read from them."""
