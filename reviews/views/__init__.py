"""Reviewing over HTTP: the desk, what is explained, and what people are asked and answered."""
