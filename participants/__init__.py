"""Who: people and their expressions of interest."""
