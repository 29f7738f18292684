"""What is asked in reviewing, and how an answer is checked."""
