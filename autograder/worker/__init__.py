"""All of the engine that lies beside student code: imports the standard library and NumPy only."""
