"""The pages of the expression of interest: the shape and validation of what is typed."""
