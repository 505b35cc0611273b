"""A class of submissions: which are graded now, by which process, and where the results are kept."""
