"""The addresses of reviewing."""

from django.urls import path

from reviews.views import board, desk, letters, own

app_name = "reviews"

urlpatterns = [
    # The board's: before `review/<slug>/`, which is a work-stream's.
    path("review/board/", board.board, name="board"),
    path("review/board/splits/<uuid:key>/", board.split, name="board-split"),
    path("review/board/stand-ins/<uuid:key>/end/", board.end_stand_in, name="board-end-stand-in"),
    path(
        "review/board/stand-ins/<slug:slug>/<slug:side>/",
        board.name_stand_in,
        name="board-stand-in",
    ),
    # A participant's own.
    path("account/projects/", own.listed, name="own"),
    path("account/projects/offers/<uuid:choice>/", own.offer, name="offer"),
    path("account/projects/memberships/<uuid:key>/", own.one_membership, name="membership"),
    path("account/projects/memberships/<uuid:key>/step-down/", own.step_down, name="step-down"),
    path("account/projects/decisions/<uuid:choice>/", own.look_again, name="look-again"),
    path("account/projects/neighbours/<uuid:key>/", own.neighbour, name="neighbour"),
    path("account/complaints/", own.complain, name="complain"),
    path("account/projects/letters/<uuid:key>/", letters.letter, name="letter"),
    # For ethics reviewers, and for who answers people.
    path("review/ethics/", desk.ethics_reviews, name="ethics"),
    path("review/ethics/<uuid:key>/", desk.ethics_review, name="ethics-review"),
    path("review/answers/", desk.to_answer, name="answers"),
    path("review/answers/decisions/<uuid:key>/", desk.answer_again, name="answer-again"),
    path("review/answers/complaints/<uuid:key>/", desk.answer_complaint, name="answer-complaint"),
]
