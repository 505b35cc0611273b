"""Reads what students handed in, without trusting anything in it."""
