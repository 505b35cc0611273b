"""Calls of student functions and of the reference: proxies, comparison, caches."""
