"""The addresses of reviewing."""

from django.urls import path

from reviews.views import (
    answers,
    board,
    desk,
    explanation,
    letters,
    own,
    questions,
    shortlist,
    volunteer,
)

app_name = "reviews"

urlpatterns = [
    # The board's.
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
    path("review-questions/", questions.questions, name="questions"),
    path("review-questions/<uuid:key>/", questions.question, name="question"),
    path("account/projects/letters/<uuid:key>/", letters.letter, name="letter"),
    # For ethics reviewers, and for who answers people.
    path("review/ethics/", answers.ethics_reviews, name="ethics"),
    path("review/ethics/<uuid:key>/", answers.ethics_review, name="ethics-review"),
    path("review/answers/", answers.to_answer, name="answers"),
    path("review/answers/decisions/<uuid:key>/", answers.answer_again, name="answer-again"),
    path(
        "review/answers/complaints/<uuid:key>/", answers.answer_complaint, name="answer-complaint"
    ),
    path(
        "review/answers/complaints/<uuid:key>/about/",
        answers.name_in_complaint,
        name="name-in-complaint",
    ),
    # The reviewers' desk: after all of these, which are no work-streams.
    path("review/", desk.index, name="index"),
    path("review/choices/<uuid:key>/", volunteer.volunteer, name="volunteer"),
    path("review/decisions/<uuid:key>/", explanation.explanation, name="explanation"),
    path("review/<slug:slug>/", desk.stream, name="stream"),
    path("review/<slug:slug>/shortlist/", shortlist.shortlist, name="shortlist"),
    path("review/<slug:slug>/shortlist/undo/", shortlist.undo, name="shortlist-undo"),
]
