"""From an assignment's text and its solution to the notebook and the bundle that are published."""
