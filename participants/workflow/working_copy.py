"""What a form holds now, what its newest snapshot holds, and whether the two differ."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Max, Prefetch, prefetch_related_objects

from participants import pages
from participants.comparison import ChangedSection, compare
from participants.forms.base import Answers, Journey
from participants.models import ExpressionOfInterest, PageAnswers, Person, ProjectChoice, Snapshot
from participants.texts import VERSIONS
from stepchange.events import fingerprint
from stepchange.models import User

UNDER_WAY = timedelta(seconds=30)
"""How long a request lasts at most: a save stamped so long before a submission may land after it."""


def journey_of(
    user: User,
    expression: ExpressionOfInterest | None,
    *,
    person: Person | None = None,
    saved: Iterable[PageAnswers] | None = None,
) -> Journey:
    """Return what the form knows of the account and of what it has saved so far.

    `saved` are its pages and `person` whose it is, where they are known already.
    """
    answers: dict[str, Answers] = {}
    if expression is not None:
        rows = expression.pages.all() if saved is None else saved
        answers = {row.page: row.answers for row in rows if row.answers}
        person = expression.person
    return Journey(email=user.email, name=user.name, person=person, answers=answers)


def digest_of_answers(answers: Any, shown: Any, texts: Any) -> str:
    """Return what names a snapshot: its answers, the words of its day, the versions accepted."""
    return fingerprint({"answers": answers, "shown": shown, "texts": texts})


class Prospect:
    """What a snapshot would hold if the form were submitted as it is, and the digest that names it.

    `missing` are the pages without which it can't be submitted.
    """

    def __init__(self, journey: Journey) -> None:
        judged = pages.tasks(journey)
        self.missing = pages.unfinished(journey, judged)
        self.answers = pages.cleaned(journey, judged)
        self.shown = pages.summary(journey, judged)
        self.texts = VERSIONS
        self.digest = digest_of_answers(self.answers, self.shown, self.texts)

    def keep(self, expression: ExpressionOfInterest, *, taken_at: Any) -> Snapshot:
        """Write the expression's next snapshot, as the server received it at an instant."""
        return Snapshot.objects.create(
            expression=expression,
            number=expression.snapshots.count() + 1,
            answers=self.answers,
            shown=self.shown,
            texts=self.texts,
            digest=self.digest,
            taken_at=taken_at,
        )


@dataclass
class WorkingCopy:
    """A submitted form beside its newest snapshot, which counts until changes are submitted."""

    expression: ExpressionOfInterest
    now: Journey
    newest: Snapshot

    @cached_property
    def then(self) -> Journey:
        """The form as the newest snapshot holds it, less the choices withdrawn alone since."""
        kept = {page: dict(answers) for page, answers in self.newest.answers.items()}
        return Journey(
            email=self.now.email,
            name=self.now.name,
            person=self.now.person,
            answers=without(kept, self._withdrawn_alone),
            read_with=self.now,
        )

    @cached_property
    def changed_pages(self) -> list[str]:
        """The pages whose answers would not be submitted the same, in the order of the form.

        Both sides are read by today's forms, so that a question added since is no change.
        """
        then, now = pages.cleaned(self.then), pages.cleaned(self.now)
        return [page.slug for page in pages.PAGES if then.get(page.slug) != now.get(page.slug)]

    @property
    def has_changes(self) -> bool:
        """Say whether submitting now would change what counts."""
        return bool(self.changed_pages)

    def is_changed(self, page: pages.Page) -> bool:
        """Say whether one page would not be submitted the same, reading no other."""
        return pages.counting(page, self.then) != pages.counting(page, self.now)

    @property
    def digest(self) -> str:
        """Name the form as it is now, complete or not."""
        return Prospect(self.now).digest

    @cached_property
    def changes(self) -> list[ChangedSection]:
        """What changed, in words: the snapshot's of its day beside the form's of today.

        A page that is changed and not complete has no words yet: it stands with what it said. A project
        withdrawn alone is no change, so beside one the snapshot is put in today's words.
        """
        changed = set(self.changed_pages)
        was = {section["page"]: section for section in self.newest.shown}
        if self._withdrawn_alone:
            was |= {section["page"]: section for section in pages.summary(self.then)}
        return compare(
            [section for page, section in was.items() if page in changed],
            [section for section in pages.summary(self.now) if section["page"] in changed],
        )

    @cached_property
    def _withdrawn_alone(self) -> set[str]:
        """The codes of the projects whose choice was withdrawn and not made again."""
        live = {choice.project.code for choice in self.choices if choice.is_live}
        return {choice.project.code for choice in self.choices} - live

    @cached_property
    def choices(self) -> list[ProjectChoice]:
        """Every choice made so far with its project, withdrawn ones too, read at most once."""
        with_projects = Prefetch("choices", ProjectChoice.objects.select_related("project"))
        prefetch_related_objects([self.expression], with_projects)
        return list(self.expression.choices.all())


def working_copy_of(user: User, expression: ExpressionOfInterest, now: Journey) -> WorkingCopy:
    """Return a submitted form beside its newest snapshot."""
    return WorkingCopy(expression, now, expression.snapshots.latest("number"))


def has_unsubmitted_changes(
    user: User,
    expression: ExpressionOfInterest,
    *,
    newest: Snapshot | None = None,
    saved_at: datetime | None = None,
) -> bool:
    """Say whether something was changed and not submitted; the forms are read only if something was saved.

    `newest` and `saved_at` are its newest snapshot and when a page of it was saved last, where they are
    known already.
    """
    if expression.state != ExpressionOfInterest.State.SUBMITTED:
        return False
    newest = newest or expression.snapshots.order_by("-number").first()
    saved_at = saved_at or expression.pages.aggregate(last=Max("saved_at"))["last"]
    if newest is None or saved_at is None or saved_at <= newest.taken_at - UNDER_WAY:
        return False
    prefetch_related_objects([expression], "pages")
    saved = {row.page: row.saved_at for row in expression.pages.all() if row.page in pages.BY_SLUG}
    copy = WorkingCopy(expression, journey_of(user, expression), newest)
    # Nearly always the page saved last tells by itself; only if none does are all of them read.
    last_first = sorted(saved, key=lambda page: saved[page], reverse=True)
    lately = [page for page in last_first if saved[page] > newest.taken_at - UNDER_WAY]
    if any(copy.is_changed(pages.BY_SLUG[page]) for page in lately):
        return True
    return any(at > newest.taken_at for at in saved.values()) and copy.has_changes


def without(answers: dict[str, Any], codes: Collection[str]) -> dict[str, Any]:
    """Return the answers without the projects of these codes, the others' order closed up.

    What else is said of such a project stays where it stands: no form asks for it any more.
    """
    if not codes:
        return answers
    left = dict(answers)
    if "projects" in left:
        left["projects"] = {
            name: [code for code in value if code not in codes]
            if isinstance(value, list)
            else value
            for name, value in left["projects"].items()
        }
    if "contributions" in left:
        left["contributions"] = _closed_up(left["contributions"], codes)
    return left


def _closed_up(offers: Mapping[str, Any], codes: Collection[str]) -> dict[str, Any]:
    kept = {
        name: value
        for name, value in offers.items()
        if not any(name.endswith(f"_{code}") for code in codes)
    }
    ranked = sorted(
        (int(value), name)
        for name, value in kept.items()
        if name.startswith("rank_") and str(value).isdecimal()
    )
    return kept | {name: str(place) for place, (_rank, name) in enumerate(ranked, start=1)}
