"""A class of submissions: which ones are graded now, in which process, and where results are stored."""
