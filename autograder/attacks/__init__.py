"""Attacks on the whole grader: the corpus, the class that it makes, and what stock nbgrader does with it."""
