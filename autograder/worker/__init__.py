"""The engine code that runs in the process of student code; imports the standard library and NumPy only."""
