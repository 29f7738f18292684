"""The moves of reviewing, and the only functions that make them."""

from reviews.workflow.casework import COMPLAINT, NEIGHBOUR, RECONSIDERATION
from reviews.workflow.ethics import ETHICS
from reviews.workflow.membership import MEMBERSHIP

__all__ = ["COMPLAINT", "ETHICS", "MEMBERSHIP", "NEIGHBOUR", "RECONSIDERATION"]
