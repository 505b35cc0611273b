"""Where the files of a course are, and what is read from them."""
