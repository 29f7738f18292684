"""The addresses of reviewing."""

from django.urls import path

from reviews.views import desk, own

app_name = "reviews"

urlpatterns = [
    # A participant's own.
    path("account/projects/", own.listed, name="own"),
    path("account/projects/offers/<uuid:choice>/", own.offer, name="offer"),
    path("account/projects/memberships/<uuid:key>/", own.one_membership, name="membership"),
    path("account/projects/memberships/<uuid:key>/step-down/", own.step_down, name="step-down"),
    path("account/projects/decisions/<uuid:choice>/", own.look_again, name="look-again"),
    path("account/projects/neighbours/<uuid:key>/", own.neighbour, name="neighbour"),
    path("account/complaints/", own.complain, name="complain"),
    # For ethics reviewers, and for who answers people.
    path("review/ethics/", desk.ethics_reviews, name="ethics"),
    path("review/ethics/<uuid:key>/", desk.ethics_review, name="ethics-review"),
    path("review/answers/", desk.to_answer, name="answers"),
    path("review/answers/decisions/<uuid:key>/", desk.answer_again, name="answer-again"),
    path("review/answers/complaints/<uuid:key>/", desk.answer_complaint, name="answer-complaint"),
]
