"""Makes the published notebook and bundle from an assignment's text and its solution."""
