"""Named questions to the rows of reviewing, each scoped to who asks."""
