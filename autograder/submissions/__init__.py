"""What a student handed in, read without believing anything in it."""
