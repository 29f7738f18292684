"""The addresses of the expression of interest and of the participant's account."""

from django.urls import path

from participants.views import (
    account,
    addresses,
    copies,
    declarations,
    entered,
    form,
    invitations,
    life,
    looked,
    referees,
    resets,
    undertaking,
    validation,
)

app_name = "participants"

urlpatterns = [
    path("expression-of-interest/", form.start, name="start"),
    path("expression-of-interest/questions/", form.questions, name="questions"),
    path("expression-of-interest/tasks/", form.tasks, name="tasks"),
    path("expression-of-interest/not-for-you/", form.not_for_you, name="not-for-you"),
    path("expression-of-interest/check/", form.check, name="check"),
    path("expression-of-interest/submitted/", life.submitted, name="submitted"),
    path(
        "expression-of-interest/submitted/<slug:reference>/",
        life.submitted,
        name="submitted-one",
    ),
    path(
        "expression-of-interest/submitted/<slug:reference>/versions/",
        life.versions,
        name="versions",
    ),
    path(
        "expression-of-interest/submitted/<slug:reference>/withdraw/",
        life.withdraw,
        name="withdraw-one",
    ),
    path("expression-of-interest/discard/", life.discard, name="discard"),
    path("expression-of-interest/submitted/copy/<int:number>/", copies.copy_page, name="copy"),
    path(
        "expression-of-interest/submitted/copy/<int:number>.pdf",
        copies.copy_pdf,
        name="copy-pdf",
    ),
    path(
        "expression-of-interest/submitted/<slug:reference>/copy/<int:number>/",
        copies.copy_page,
        name="copy",
    ),
    path(
        "expression-of-interest/submitted/<slug:reference>/copy/<int:number>.pdf",
        copies.copy_pdf,
        name="copy-pdf",
    ),
    path("expression-of-interest/withdraw/", life.withdraw, name="withdraw"),
    path(
        "expression-of-interest/withdraw/<uuid:choice>/",
        life.withdraw_choice,
        name="withdraw-choice",
    ),
    path(
        "expression-of-interest/organisation/suggestions/",
        addresses.suggestions,
        name="suggestions",
    ),
    path("expression-of-interest/work-email/", addresses.work_email, name="work-email"),
    # Taken by telephone or on paper: entered by the office, answered by the person.
    path("expression-of-interest/for/", entered.begin, name="entered-begin"),
    path("expression-of-interest/for/<slug:reference>/", entered.tasks, name="entered-tasks"),
    path(
        "expression-of-interest/for/<slug:reference>/details/",
        entered.details,
        name="entered-details",
    ),
    path("expression-of-interest/for/<slug:reference>/check/", entered.check, name="entered-check"),
    path(
        "expression-of-interest/for/<slug:reference>/<slug:slug>/",
        entered.page,
        name="entered-page",
    ),
    path("expression-of-interest/entered/", entered.mine, name="entered-mine"),
    path("expression-of-interest/entered/<slug:reference>/", entered.answer, name="entered-answer"),
    path("expression-of-interest/<slug:slug>/", form.page, name="page"),
    path("account/", account.account, name="account"),
    path("account/campaigns/", account.consent, name="consent"),
    path("account/looked/", looked.looked, name="looked"),
    path("account/undertaking/", undertaking.undertaking, name="undertaking"),
    path("account/lost-second-factor/", resets.ask, name="lost-factor"),
    path("account/lost-second-factor/code/", resets.code, name="lost-factor-code"),
    path("account/lost-second-factor/asked/", resets.asked, name="lost-factor-asked"),
    path("account/lost-second-factor/cancel/", resets.cancel, name="lost-factor-cancel"),
    path("validation/", validation.validation, name="validation"),
    path("validation/answer/", validation.answer, name="validation-answer"),
    path("validation/referee/", validation.referee, name="validation-referee"),
    path("validation/appeal/", validation.appeal, name="validation-appeal"),
    path("declarations/", declarations.listed, name="declarations"),
    path("declarations/<int:number>/", declarations.one, name="declaration"),
    path("declarations/declare/", declarations.declare, name="declare"),
    path("declarations/declare/interests/", declarations.interests, name="declare-interests"),
    path("declarations/declare/interests/add/", declarations.interest, name="declare-add"),
    path(
        "declarations/declare/interests/<slug:key>/", declarations.interest, name="declare-change"
    ),
    path(
        "declarations/declare/interests/<slug:key>/remove/",
        declarations.remove,
        name="declare-remove",
    ),
    path("declarations/declare/check/", declarations.check, name="declare-check"),
    path("invitation/", invitations.invitation, name="invitation"),
    path("invitation/accept/", invitations.accept, name="invitation-accept"),
    path("invitation/<slug:token>/", invitations.link, name="invitation-link"),
    path("referee/", referees.referee, name="referee"),
    path("referee/erase/", referees.erase, name="referee-erase"),
    path("referee/thanks/", referees.thanks, name="referee-thanks"),
    path("referee/<slug:token>/", referees.link, name="referee-link"),
]
