"""The expression of interest and the participant's account over HTTP."""
