"""The pages on which a row's state moves: what is offered, asked first, and made by the workflow."""

from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import AdminErrorList, AdminForm
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stepchange import kept_typing
from stepchange.console.forms import revision_of
from stepchange.console.kept import KeptPages, confirmed_first, fill
from stepchange.console.rows import acting_user
from stepchange.console.steps import StepOffer
from stepchange.events import fingerprint
from stepchange.transitions import Refused

SENT_TWICE_WITHIN = 600
"""For so many seconds what was sent a second time is told apart from what somebody else did."""
LOOK_ONLY = gettext_lazy("Your role may look at this, not change it.")


class StepPages(KeptPages):
    """Offers a row's steps, and makes each by the POST of a page of its own."""

    step_template = "stepchange/console/step.html"

    def revision(self, obj: models.Model) -> str:
        """Return the version of a row, as the pages for its steps compare it."""
        return revision_of(obj)

    def offers(self, request: HttpRequest, obj: Any) -> list[StepOffer]:
        """Return what can be done to a row from its present state, and why not, where it can't be."""
        by = acting_user(request)
        barred = None if self.may_step(request) else LOOK_ONLY
        offers = []
        if self.table:
            for offer in self.table.offers(obj, by):
                move = offer.transition
                if step := self.steps.get(move.name):
                    refusal = offer.refusal or barred
                    offers.append(StepOffer(move.name, move.label, move.asks_reason, refusal, step))
        for name, step in self.steps.items():
            if step.label and step.when(obj):
                refusal = step.policy(by, obj) or barred
                offers.append(StepOffer(name, step.label, step.asks_reason, refusal, step))
        return offers

    def step_view(self, request: HttpRequest, object_id: str, step: str) -> HttpResponseBase:
        """Ask before a step (GET), and make it (POST) through the workflow, which has the last word."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponse(
                status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, POST"}
            )
        obj = self.visible(request, object_id)
        if step not in self.steps:
            raise Http404
        if not self.may_step(request):
            raise PermissionDenied(LOOK_ONLY)
        self.note_look(request, obj)
        offer = next((made for made in self.offers(request, obj) if made.name == step), None)
        if offer is None or offer.refusal:
            return self._made_already(request, obj, step) or self._no_step(
                request, obj, step, offer
            )
        if offer.step.confirms_identity:
            return confirmed_first(self._confirm, request, obj, offer)
        return self._confirm(request, obj, offer)

    def _confirm(self, request: HttpRequest, obj: Any, offer: StepOffer) -> HttpResponse:
        form = offer.step.form(
            request.POST if request.method == "POST" else None,
            subject=obj,
            current=self.revision(obj),
            asks_reason=offer.asks_reason,
        )
        kept = self.kept(request)
        if kept:
            fill(form, kept)
        status = HTTPStatus.OK
        if request.method == "POST" and form.is_valid() and not form.shows_first():
            try:
                with transaction.atomic():
                    offer.step.function(obj, by=acting_user(request), **form.arguments())
            except Refused as refused:
                form.add_error(None, str(refused))
                status = HTTPStatus.CONFLICT
            else:
                kept_typing.saved(request)
                done = str(offer.step.done)  # kept without the row's name: the cache is plain
                sent = self._sent(request, obj, offer.name)
                keep = partial(cache.set, sent, done, SENT_TWICE_WITHIN)
                transaction.on_commit(keep, robust=True)
                messages.success(request, self._was_done(obj, done))
                return self._onwards(request, obj)
        if again := self._made_already(request, obj, offer.name):
            return again
        # What was typed stands on the page that is shown again: it need not be kept beside it.
        request.typing_is_safe = True  # type: ignore[attr-defined]
        context = {"offer": offer, "form": form, "kept": kept, "panels": form.panels()}
        return self._step_page(request, obj, offer.label, status=status, **context)

    def _made_already(self, request: HttpRequest, obj: Any, name: str) -> HttpResponse | None:
        """Say of what can't be made that the same page, sent by the same person, made it a moment ago."""
        if request.method != "POST" or not (done := cache.get(self._sent(request, obj, name))):
            return None
        kept_typing.saved(request)
        words = _("You did this a moment ago: %(done)s") % {"done": self._was_done(obj, done)}
        messages.info(request, words)
        return HttpResponseRedirect(self.page_of(obj))

    def _onwards(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Lead to the row; to the list, where what was done took the row from it."""
        is_there = self.get_queryset(request).filter(pk=obj.pk).exists()
        return HttpResponseRedirect(self.page_of(obj) if is_there else self.list_page())

    def _was_done(self, obj: Any, done: str) -> str:
        return _("%(done)s: %(row)s.") % {"done": done, "row": self.called(obj)}

    def _sent(self, request: HttpRequest, obj: Any, name: str) -> str:
        """Return what a page as it was sent is known by: who sent it, for which row, and all of it."""
        typed = sorted(
            (field, values)
            for field, values in request.POST.lists()
            if field != "csrfmiddlewaretoken"
        )
        sent = [acting_user(request).pk, obj._meta.label_lower, obj.pk, name, typed]
        return f"console-step:{fingerprint(sent)}"

    def _no_step(
        self, request: HttpRequest, obj: Any, name: str, offer: StepOffer | None
    ) -> HttpResponse:
        """Say why a step is not possible now: what stands in its way, or the state it is in."""
        if offer:
            return self._step_page(
                request, obj, offer.label, refusal=offer.refusal, status=HTTPStatus.CONFLICT
            )
        label = self.steps[name].label
        reason = _("This is not possible as things stand.")
        if self.table and name in self.table.transitions:
            label = self.table.transitions[name].label
            try:
                self.table.check(obj, name, by=acting_user(request), reason="-")
            except Refused as refused:
                reason = str(refused)
        return self._step_page(request, obj, label, refusal=reason, status=HTTPStatus.CONFLICT)

    def _reason_typed(self, request: HttpRequest) -> str:
        """Return the reason that came with a step that can't be made any more, now or before."""
        if typing := kept_typing.read(request):
            return "".join(typing.values.get("reason", []))
        kept = self.kept(request)
        return kept.texts.get("reason", "") if kept else ""

    def _step_page(
        self, request: HttpRequest, obj: Any, label: Any, *, status: HTTPStatus, **context: Any
    ) -> HttpResponse:
        form = context.get("form")
        if form is None:
            context["typed"] = self._reason_typed(request)
        else:
            context["adminform"] = AdminForm(form, form.sections(), {}, (), model_admin=self)
            context["errors"] = AdminErrorList(form, [])
        return TemplateResponse(
            request,
            self.step_template,
            {
                **self.admin_site.each_context(request),
                "title": label,
                "subtitle": self.called(obj),
                "opts": self.opts,
                "original": obj,
                "change_url": self.page_of(obj),
                **context,
            },
            status=status,
        )
