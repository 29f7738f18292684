"""The shape of what reviewers and volunteers type."""
