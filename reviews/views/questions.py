"""Questions to a volunteer over HTTP, from the volunteer's side: never who asked."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from reviews import workflow
from reviews.forms.said import AnswerForm
from reviews.models import Question
from stepchange import kept_typing
from stepchange.requests import SignedInRequest
from stepchange.transitions import Refused


@require_safe
@login_required
@never_cache
def questions(request: SignedInRequest) -> HttpResponse:
    """List what reviewers asked the signed-in person, what waits for an answer first."""
    asked = Question.objects.asked_of(request.user).select_related("choice__project")
    shown = sorted(asked, key=lambda each: (each.answered_at is not None, each.asked_at))
    return render(
        request,
        "reviews/questions.html",
        {"questions": shown, "back_url": reverse("participants:account")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def question(request: SignedInRequest, key: UUID) -> HttpResponse:
    """Show one question about one's own choice; take the answer on POST. 404 for everybody else."""
    asked = (
        Question.objects.asked_of(request.user)
        .select_related("choice__project", "choice__expression__person")
        .filter(public_id=key)
        .first()
    )
    if asked is None:
        raise Http404
    posted = request.method == "POST"
    kept = None if posted else kept_typing.waiting(request.user, request.path)
    form = AnswerForm(request.POST if posted else None, initial=kept.texts if kept else None)
    status = 200
    if posted and form.is_valid():
        said = form.cleaned_data["answer"]
        try:
            workflow.answer(asked, by=request.user, text=said)
        except Refused as refused:
            asked.refresh_from_db()
            if asked.answer == said.strip():
                return redirect("reviews:questions")  # a double click, or the page sent again
            form.add_error("answer", str(refused))
            status = 409
        else:
            kept_typing.saved(request)
            messages.success(request, _("Your answer is with the reviewers."))
            return redirect("reviews:questions")
    return render(
        request,
        "reviews/question.html",
        {
            "form": form,
            "question": asked,
            "kept": kept,
            "back_url": reverse("reviews:questions"),
        },
        status=status,
    )
