"""Who may do what in reviewing, and what is so now; computed of rows and the clock."""
