"""The demonstration's reviews: something at every desk, in every state that a choice can wait in.

What the co-chairs did is done again through `workflow`, at the instants of the story and among what the
volunteers did. Beside these the cast's own employers withhold some volunteers from some co-chairs.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import partial

from participants.cast_forms import Act
from participants.models import ProjectChoice
from participants.workflow import looking
from reviews import policies, workflow
from reviews.models import Question, View
from reviews.workflow import Said
from stepchange import clock
from stepchange.models import User
from workstreams.models import Call

LOOK = "volunteer for review"

# Work-stream, project, volunteer; which side said what, on which day at which time, and why.
KEYS = (
    ("crowded-places", "CP5", 3, "business", View.ACCEPT, (4, time(9, 20)), 5, 4, 2),
    ("crowded-places", "CP5", 3, "police", View.ACCEPT, (4, time(16, 45)), 4, 4, 1),
    ("crowded-places", "CP4", 9, "business", View.DECLINE, (5, time(8, 50)), 4, 3, 4),
    ("crowded-places", "CP4", 9, "police", View.ACCEPT, (5, time(13, 15)), 5, 3, 2),
    ("security-and-resilience", "SR1", 1, "business", View.ACCEPT, (3, time(10, 5)), 5, 3, 1),
    ("security-and-resilience", "SR3", 18, "business", View.DECLINE, (5, time(10, 30)), 2, 3, 3),
    ("security-and-resilience", "SR3", 18, "police", View.DECLINE, (6, time(7, 55)), 2, 2, 3),
    ("transport", "T1", 7, "police", View.ACCEPT, (5, time(19, 10)), 5, 4, None),
    ("transport", "T5", 14, "business", View.RESERVE, (5, time(9, 40)), 3, 4, 1),
    ("transport", "T5", 14, "police", View.RESERVE, (5, time(12, 5)), 3, 3, 1),
)
WHY = {
    "CP5": "They know how licences are given and where advice comes too late. That is what we lack.",
    "CP4": "They know how supervisors are trained. What is open is whether they can stand apart from it.",
    "SR1": "They already do this by a radio channel and good will, and can tell what it costs.",
    "SR3": "Dogs are a part of it, and the team has that part. Another project fits them better.",
    "T1": "A port is where this is tried first, and they have the harbour's trust.",
    "T5": "Good, and later: the team begins with operators and comes to inspection in the autumn.",
}
SHORTLISTED = (
    ("crowded-places", "CP4", 1, "police", (4, time(17, 0))),
    ("travel-and-tourism", "TT1", 29, "business", (6, time(11, 20))),
)
ASKED = ("security-and-resilience", "SR1", 1, "police", (4, time(11, 25)))
QUESTION = "Which of the nine hotels would let a guest house look over their shoulder for a day?"
ANSWERED, ANSWER = (
    (5, time(20, 40)),
    "Six have said yes. I would begin with the two nearest the station.",
)
WAITS = ("cyber", "CF5", 15, "business", (6, time(9, 5)))
WAITING_QUESTION = "You name two projects that meet on the same evening. Which would you leave out?"


def acts_of_reviewers(call: Call, people: Mapping[str, User]) -> list[Act]:
    """Return what the co-chairs and those whom they asked did, each thing with its instant."""
    return [*_Reviews(call, people).acts()]


class _Reviews:
    """The co-chairs, and what each of them can do."""

    def __init__(self, call: Call, people: Mapping[str, User]) -> None:
        self.call, self.people = call, people

    def acts(self) -> Iterator[Act]:
        for stream, code, number, side, view, at, *scales in KEYS:
            by = self._co_chair(side, stream)
            said = Said(
                view=view,
                reason=WHY[code],
                fit=scales[0],
                capacity=scales[1],
                risk=scales[2],
            )
            yield from self._at_the_desk(at, code, number, by, partial(self._cast, said=said))
        for stream, code, number, side, at in SHORTLISTED:
            by = self._co_chair(side, stream)
            yield from self._at_the_desk(at, code, number, by, self._shortlist)
        for (stream, code, number, side, at), text in (
            (ASKED, QUESTION),
            (WAITS, WAITING_QUESTION),
        ):
            by = self._co_chair(side, stream)
            yield from self._at_the_desk(at, code, number, by, partial(self._ask, text=text))
        yield self._instant(ANSWERED), self._answer

    def _at_the_desk(
        self,
        at: tuple[int, time],
        code: str,
        number: int,
        by: User,
        act: Callable[[ProjectChoice, User], None],
    ) -> Iterator[Act]:
        """Yield something that a co-chair does, with the page that they open for it."""
        instant = self._instant(at)
        yield instant - timedelta(minutes=7), partial(self._open, code, number, by)
        yield instant, partial(self._do, code, number, by, act)

    def _do(
        self, code: str, number: int, by: User, act: Callable[[ProjectChoice, User], None]
    ) -> None:
        act(self._choice(code, number), by)

    def _open(self, code: str, number: int, by: User) -> None:
        person = self._choice(code, number).expression.person
        looking.looked(person, by=by, what=LOOK)

    def _cast(self, choice: ProjectChoice, by: User, *, said: Said) -> None:
        workflow.cast(choice, by=by, said=said, seen=policies.versions_of(choice).seen)

    def _shortlist(self, choice: ProjectChoice, by: User) -> None:
        workflow.shortlist([choice], by=by)

    def _ask(self, choice: ProjectChoice, by: User, *, text: str) -> None:
        workflow.ask(choice, by=by, text=text)

    def _answer(self) -> None:
        choice = self._choice(ASKED[1], ASKED[2])
        asked = Question.objects.get(choice=choice)
        workflow.answer(asked, by=self._volunteer(ASKED[2]), text=ANSWER)

    def _choice(self, code: str, number: int) -> ProjectChoice:
        mine = ProjectChoice.objects.select_related(
            "expression__person", "expression__call", "project__work_stream"
        )
        return mine.get(
            project__code=code,
            expression__call=self.call,
            expression__state="submitted",
            expression__person__user=self._volunteer(number),
        )

    def _volunteer(self, number: int) -> User:
        return self.people[f"volunteer{number}@stepchange.example"]

    def _co_chair(self, side: str, stream: str) -> User:
        return self.people[f"{side}.{stream}@cochairs.example"]

    def _instant(self, given: tuple[int, time]) -> datetime:
        """Return the instant of a day since the call opened, at a UK time of day."""
        days, at = given
        opened = clock.day_of(self.call.opens_at)
        local = datetime.combine(opened + timedelta(days=days), at, tzinfo=clock.UK)
        return local.astimezone(UTC)
