"""Statistical laws for random components, with analytic bounds on refusing right work."""
