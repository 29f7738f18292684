"""The addresses of the expression of interest and of the participant's account."""

from django.urls import path

from participants import views

app_name = "participants"

urlpatterns = [
    path("expression-of-interest/", views.start, name="start"),
    path("expression-of-interest/questions/", views.questions, name="questions"),
    path("expression-of-interest/tasks/", views.tasks, name="tasks"),
    path("expression-of-interest/not-for-you/", views.not_for_you, name="not-for-you"),
    path("expression-of-interest/check/", views.check, name="check"),
    path("expression-of-interest/submitted/", views.submitted, name="submitted"),
    path("expression-of-interest/withdraw/", views.withdraw, name="withdraw"),
    path("expression-of-interest/<slug:slug>/", views.page, name="page"),
    path("account/", views.account, name="account"),
    path("account/campaigns/", views.consent, name="consent"),
]
