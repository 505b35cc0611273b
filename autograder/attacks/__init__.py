"""Attacks on the whole grader: the corpus, a class that hands it in, and the same against stock nbgrader."""
