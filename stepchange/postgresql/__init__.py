"""Django's PostgreSQL, whose kept connections are looked at before use without asking the server."""
