"""The addresses of the reviewers' desk, of explained decisions, and of questions to volunteers."""

from django.urls import path

from reviews.views import desk, explanation, questions, shortlist, volunteer

app_name = "reviews"

urlpatterns = [
    path("review/", desk.index, name="index"),
    path("review/choices/<uuid:key>/", volunteer.volunteer, name="volunteer"),
    path("review/decisions/<uuid:key>/", explanation.explanation, name="explanation"),
    path("review/<slug:slug>/", desk.stream, name="stream"),
    path("review/<slug:slug>/shortlist/", shortlist.shortlist, name="shortlist"),
    path("review/<slug:slug>/shortlist/undo/", shortlist.undo, name="shortlist-undo"),
    path("review-questions/", questions.questions, name="questions"),
    path("review-questions/<uuid:key>/", questions.question, name="question"),
]
