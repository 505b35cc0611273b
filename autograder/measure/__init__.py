"""How good the grader is: audits, calibration, budget of false refusals, disclosure of hidden numbers."""
