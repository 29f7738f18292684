"""The table of pages: what the form asks, in which order, and when.

It drives the task list, the navigation, check-answers, the printable questions, the office's view
and the enforcement in `workflow.submit`: to add a page, write its form and add a row here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from participants.forms.about import AboutYouForm, EligibilityForm, UpdatesForm
from participants.forms.addresses import WorkEmailForm
from participants.forms.base import Answers, Journey, PageForm
from participants.forms.interests import InterestsForm
from participants.forms.offer import ContributionsForm, ExperienceForm, ProjectsForm
from participants.forms.organisation import OrganisationForm
from participants.forms.trust import ConfidenceForm, ConfirmingForm
from projects.models import Project
from workstreams.models import Sector

Condition = Callable[[Journey], bool]


def always(_journey: Journey) -> bool:
    """Ask everybody."""
    return True


def projects_are_chosen(journey: Journey) -> bool:
    """Ask once projects are chosen: the page is about them."""
    return bool(journey.chosen)


def sector_is_known(journey: Journey) -> bool:
    """Ask once the first page is answered: the questions depend on the sector."""
    return bool(journey.sector)


def has_another_address(journey: Journey) -> bool:
    """Ask whoever works at another address than they sign in with: sign-up confirmed only that one."""
    return journey.has_another_address


def address_is_confirmed(journey: Journey) -> bool:
    """Say whether the work address was confirmed, now or earlier."""
    return journey.confirmation is not None


@dataclass(frozen=True)
class Page:
    """One page of the form.

    `applies` says whom the page is for at all, `ready` whether it can be asked yet. A page whose answer
    is a fact and not what was typed has `settled` to tell whether it is complete.
    """

    slug: str
    section: str | Promise
    task: str | Promise
    title: str | Promise
    form: type[PageForm]
    ready: Condition = always
    applies: Condition = always
    settled: Condition | None = None
    optional: bool = False
    for_each_project: bool = False
    # Its labels are whole questions, which need room where answers are listed.
    asks_in_sentences: bool = False
    # A declaration, a statement or a consent: nobody else can give it for the person.
    only_in_person: bool = False
    # Once the person has saved it, a code goes to the work address, if that has to be confirmed.
    names_work_address: bool = False
    # What makes it nicer where scripts run; nothing on it needs one.
    script: str = ""

    def is_asked(self, journey: Journey) -> bool:
        """Say whether it is for this person and can be asked now."""
        return self.applies(journey) and self.ready(journey)


BEFORE = _("Check that the call is for you")
YOU = _("Tell us about yourself")
OFFER = _("Choose projects")
TRUST = _("Help us to keep it trustworthy")

PAGES = (
    Page("eligibility", BEFORE, _("Say where you work"), _("Where you work"), EligibilityForm),
    Page("about-you", YOU, _("Give your name and job"), _("About you"), AboutYouForm),
    Page(
        "organisation",
        YOU,
        _("Name your organisation"),
        _("Your organisation"),
        OrganisationForm,
        ready=sector_is_known,
        names_work_address=True,
        script="stepchange/organisation.js",
    ),
    Page(
        "work-email",
        YOU,
        _("Confirm your work email address"),
        _("Confirm your work email address"),
        WorkEmailForm,
        applies=has_another_address,
        settled=address_is_confirmed,
        only_in_person=True,
    ),
    Page(
        "projects",
        OFFER,
        _("Choose up to 5 projects"),
        _("Which projects would you like to join?"),
        ProjectsForm,
    ),
    Page(
        "contributions",
        OFFER,
        _("Say what you offer each project"),
        _("What you offer each project"),
        ContributionsForm,
        ready=projects_are_chosen,
        for_each_project=True,
        script="stepchange/offer.js",
    ),
    Page("experience", OFFER, _("Describe your experience"), _("Your experience"), ExperienceForm),
    Page(
        "confirming",
        TRUST,
        _("Name someone who can confirm who you are"),
        _("How we can confirm who you are"),
        ConfirmingForm,
        ready=sector_is_known,
    ),
    Page(
        "interests",
        TRUST,
        _("Declare your interests"),
        _("Your interests"),
        InterestsForm,
        ready=projects_are_chosen,
        asks_in_sentences=True,
        only_in_person=True,
    ),
    Page(
        "confidence",
        TRUST,
        _("Agree how we work"),
        _("How we work"),
        ConfidenceForm,
        asks_in_sentences=True,
        only_in_person=True,
    ),
    Page(
        "updates",
        TRUST,
        _("Choose whether to hear of future calls (optional)"),
        _("Future calls"),
        UpdatesForm,
        optional=True,
        only_in_person=True,
    ),
)
BY_SLUG = {page.slug: page for page in PAGES}


STATUSES = {
    "cannot-start-yet": _("Cannot start yet"),
    "incomplete": _("Incomplete"),
    "optional": _("Optional"),
    "completed": _("Completed"),
}


@dataclass(frozen=True)
class Task:
    """One page as it stands for one person."""

    page: Page
    form: PageForm
    is_ready: bool
    is_started: bool
    is_complete: bool
    why: str | Promise = ""

    @property
    def kind(self) -> str:
        """Say how it stands: a key of STATUSES."""
        if not self.is_ready:
            return "cannot-start-yet"
        if not self.is_complete:
            return "incomplete"
        return "completed" if self.is_started or self.page.settled else "optional"

    @property
    def status(self) -> str | Promise:
        """Say how it stands, in the words of the task list."""
        return STATUSES[self.kind]


def tasks(journey: Journey) -> list[Task]:
    """Judge every page anew from what was typed: completeness is computed, never stored."""
    return [_task(page, journey) for page in PAGES if page.applies(journey)]


def _task(page: Page, journey: Journey) -> Task:
    answers = journey.answers.get(page.slug) if page.settled is None else None
    form = page.form(journey, data=answers)
    if not page.ready(journey):
        return Task(page, form, is_ready=False, is_started=answers is not None, is_complete=False)
    if page.settled:
        is_complete = page.settled(journey)
    elif answers is None:
        is_complete = page.optional
    else:
        is_complete = form.is_valid() and form.lets_through()
    why = "" if is_complete else form.why_again()
    return Task(page, form, True, answers is not None, is_complete, why)


def unfinished(journey: Journey, judged: Sequence[Task] | None = None) -> list[Page]:
    """Return the pages that keep the form from being submitted.

    Here and below, `judged` are the journey's `tasks`, for who has them already.
    """
    return [task.page for task in judged or tasks(journey) if not task.is_complete]


def next_after(page: Page, journey: Journey) -> Page | None:
    """Return the page to go to after one: the next that can be asked; None at the end."""
    following = PAGES[PAGES.index(page) + 1 :]
    return next((other for other in following if other.is_asked(journey)), None)


def before(page: Page, journey: Journey) -> Page | None:
    """Return the page to go back to; None from the first."""
    earlier = PAGES[: PAGES.index(page)]
    return next((other for other in reversed(earlier) if other.is_asked(journey)), None)


class Section(TypedDict):
    """One page's questions and answers in plain words: what check-answers shows and a snapshot keeps."""

    page: str
    title: str
    lines: list[list[str]]
    asks_in_sentences: bool


def summary(journey: Journey, judged: Sequence[Task] | None = None) -> list[Section]:
    """Return the questions and answers of every complete page, in order."""
    return [_section(task) for task in judged or tasks(journey) if task.is_complete]


def _section(task: Task) -> Section:
    if not task.is_started and not task.page.settled:
        task.form.is_bound, task.form.data = True, {}
        task.form.full_clean()
    return {
        "page": task.page.slug,
        "title": str(task.page.title),
        "lines": [[str(line.label), str(line.value)] for line in task.form.summary()],
        "asks_in_sentences": task.page.asks_in_sentences,
    }


def cleaned(journey: Journey, judged: Sequence[Task] | None = None) -> dict[str, Answers]:
    """Return what was typed on each page and counts: what a snapshot keeps."""
    started = [task for task in judged or tasks(journey) if task.is_started]
    return {task.page.slug: task.form.counting() for task in started}


def counting(page: Page, journey: Journey) -> Answers | None:
    """Return what was typed on one page and counts; None where it is not asked or not begun."""
    if not page.applies(journey):
        return None
    task = _task(page, journey)
    return task.form.counting() if task.is_started else None


@dataclass(frozen=True)
class Question:
    """One question as printed before starting."""

    label: str | Promise
    hint: str | Promise
    options: tuple[str | Promise, ...]
    is_optional: bool
    asked_of: str = ""
    under_a_yes: bool = False


def questions() -> list[tuple[Page, list[Question]]]:
    """Return all the questions, to read or print before starting.

    What each project chosen asks anew stands once; what one project alone asks stands for each; what
    one sector alone is asked says so.
    """
    programme = Journey(email="").projects
    return [(page, _questions(page, programme)) for page in PAGES]


def _questions(page: Page, programme: dict[str, Project]) -> list[Question]:
    found: dict[str, Question] = {}
    asked_of: dict[str, list[str]] = {}
    for sector in Sector:
        for question in _asked(page.form(_anybody(sector, page, programme))):
            found.setdefault(str(question.label), question)
            asked_of.setdefault(str(question.label), []).append(str(sector.label))
    return [
        replace(question, asked_of=", ".join(asked_of[label]))
        if len(asked_of[label]) < len(Sector)
        else question
        for label, question in found.items()
    ]


def _anybody(sector: Sector, page: Page, programme: dict[str, Project]) -> Journey:
    """Return the journey of somebody of a sector who has chosen every project, or any one."""
    journey = Journey(email="")
    journey.projects = programme
    codes = list(programme)[:1] if page.for_each_project else list(programme)
    journey.answers |= {"projects": {"every": codes}, "eligibility": {"sector": sector.value}}
    return journey


def _asked(form: PageForm) -> list[Question]:
    found: dict[str, Question] = {}
    for name, field in form.fields.items():
        choices = getattr(field, "choices", ())
        question = Question(
            field.label or "",
            field.help_text,
            tuple(label for value, label in ((each[0], each[1]) for each in choices) if value),
            is_optional=not field.required,
            under_a_yes=name in form.asked_under_a_yes,
        )
        found.setdefault(str(question.label), question)
    return _as_read(list(found.values()))


def _as_read(asked: list[Question]) -> list[Question]:
    """Return the questions as they are read on paper: those under a yes after the last that has one."""
    under = [question for question in asked if question.under_a_yes]
    if not under:
        return asked
    last = max(place for place, question in enumerate(asked) if len(question.options) == 2)
    before, after = asked[: last + 1], asked[last + 1 :]
    kept = [[question for question in part if not question.under_a_yes] for part in (before, after)]
    return [*kept[0], *under, *kept[1]]
