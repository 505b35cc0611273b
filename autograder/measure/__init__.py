"""Measures the grader: audit, calibration, error budget of false refusals, disclosure of hidden numbers."""
