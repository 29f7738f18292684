"""The moves of reviewing, and the only functions that make them."""
