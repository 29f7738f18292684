"""Who may move projects and milestones, and when."""

from workstreams.policies import runs_the_office

__all__ = ["runs_the_office"]
