"""The rows of reviewing."""

from reviews.models.decisions import Decision, Release, Reopening
from reviews.models.keys import Key, View, VoidBecause
from reviews.models.questions import Question
from reviews.models.splits import SettlementView, Split
from reviews.models.standing_aside import CastAs, Reassignment, Recusal, Side, StandIn

__all__ = [
    "CastAs",
    "Decision",
    "Key",
    "Question",
    "Reassignment",
    "Recusal",
    "Release",
    "Reopening",
    "SettlementView",
    "Side",
    "Split",
    "StandIn",
    "View",
    "VoidBecause",
]
