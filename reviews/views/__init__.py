"""The reviewers' desk, the explanation of decisions, and questions to volunteers, over HTTP."""
