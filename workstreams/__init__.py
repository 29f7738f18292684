"""Where: the programme's structure: work-streams, seats and their terms, organisations, calls."""
