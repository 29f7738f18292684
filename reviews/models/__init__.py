"""The rows of reviewing."""

from reviews.models.casework import Complaint, NeighbourSuggestion, Reconsideration
from reviews.models.decisions import Decision, Release, Reopening
from reviews.models.fairness import EthicsReview, FairnessSettings
from reviews.models.keys import Key, View, VoidBecause
from reviews.models.letters import Letter
from reviews.models.membership import Membership, Offer, ReservePlace
from reviews.models.questions import Question
from reviews.models.splits import SettlementView, Split
from reviews.models.standing_aside import CastAs, Reassignment, Recusal, Side, StandIn

__all__ = [
    "CastAs",
    "Complaint",
    "Decision",
    "EthicsReview",
    "FairnessSettings",
    "Key",
    "Letter",
    "Membership",
    "NeighbourSuggestion",
    "Offer",
    "Question",
    "Reassignment",
    "Reconsideration",
    "Recusal",
    "Release",
    "Reopening",
    "ReservePlace",
    "SettlementView",
    "Side",
    "Split",
    "StandIn",
    "View",
    "VoidBecause",
]
