"""The rows of reviewing."""
