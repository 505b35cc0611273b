"""Unusual but right implementations, one file an assignment."""
