"""Reference implementations, one module a chapter, in plain NumPy. Never shown to students."""
