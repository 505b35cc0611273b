"""The processes that run student code: how they are confined, and which protections a machine lacks."""
