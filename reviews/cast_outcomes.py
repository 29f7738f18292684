"""The demonstration's outcomes: offers open, about to lapse, taken up; members; and what people asked.

Beside what is held (`reviews.cast`). All of it is done through `workflow`, at the instants of the story,
by those who may, so that the record is true to it.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import NamedTuple

from participants.cast_forms import Act
from participants.models import Declaration, ProjectChoice
from participants.workflow import declarations, person_of, undertakings
from participants.workflow.declarations import InterestGiven
from reviews import policies, workflow
from reviews.models import Decision, FairnessSettings, Membership, View
from reviews.policies.casework import neighbours
from reviews.policies.letters import LetterGiven
from reviews.workflow import Said, casework, ethics, membership, offers
from reviews.workflow.letters import release_with_letter
from stepchange import clock
from stepchange.models import User
from workstreams.models import Call

At = tuple[int, time]
OFFICE = "office@stepchange.example"


class Told(NamedTuple):
    """One joint decision that was released: who volunteered for what, how both saw it, and when."""

    stream: str
    code: str
    volunteer: int | str
    view: View
    keys: tuple[At, At]
    released: At
    letter: LetterGiven
    why: str


FITS = LetterGiven(code="fits")
SR = "security-and-resilience"
DECIDED = (
    Told(
        *("travel-and-tourism", "TT2", 1, View.ACCEPT),
        keys=((1, time(8, 40)), (1, time(18, 10))),
        released=(2, time(9, 0)),
        letter=FITS,
        why="Front desks are where a guest who worries somebody is first seen.",
    ),
    Told(
        *(SR, "SR2", 4, View.ACCEPT),
        keys=((2, time(15, 20)), (2, time(21, 5))),
        released=(3, time(9, 30)),
        letter=FITS,
        why="Knows what a guarding contract leaves out. What his firm sells is managed.",
    ),
    Told(
        *(SR, "SR4", 2, View.ACCEPT),
        keys=((3, time(13, 15)), (3, time(17, 40))),
        released=(4, time(9, 30)),
        letter=FITS,
        why="Has run the drills that the project wants to write down.",
    ),
    Told(
        *(SR, "SR4", 17, View.RESERVE),
        keys=((4, time(13, 10)), (4, time(20, 15))),
        released=(6, time(10, 0)),
        letter=LetterGiven(code="later"),
        why="The project needs control rooms once its outline stands.",
    ),
    Told(
        *(SR, "SR4", "office3", View.RESERVE),
        keys=((5, time(9, 5)), (5, time(11, 0))),
        released=(6, time(10, 1)),
        letter=LetterGiven(code="more than places"),
        why="Good on how people are checked; there are two of that trade before.",
    ),
    Told(
        *(SR, "SR4", 16, View.RESERVE),
        keys=((6, time(8, 25)), (6, time(9, 50))),
        released=(6, time(10, 2)),
        letter=LetterGiven(code="later"),
        why="Four hours a month are few for this one, beside what she would lead.",
    ),
    Told(
        *(SR, "SR2", 9, View.DECLINE),
        keys=((5, time(8, 5)), (5, time(14, 20))),
        released=(5, time(16, 0)),
        letter=LetterGiven(
            code="other experience",
            words="The project writes what buyers should ask for, and looks for people who buy.",
        ),
        why="Would write the standard that his employer’s course is sold by.",
    ),
    Told(
        *("transport", "T2", 21, View.ACCEPT),
        keys=((5, time(16, 10)), (5, time(18, 30))),
        released=(5, time(20, 0)),
        letter=FITS,
        why="Has led the same across forty sites, and can bring their managers.",
    ),
    Told(
        *(SR, "SR5", 16, View.ACCEPT),
        keys=((6, time(8, 10)), (6, time(9, 40))),
        released=(6, time(11, 0)),
        letter=FITS,
        why="Built such a scheme in her own force, in her own time.",
    ),
)
DAYS_AT_FIRST, DAYS_SINCE = 5, 14
FEWER_DAYS, MORE_DAYS = (2, time(12, 0)), (4, time(9, 0))
"""How long the office gave to take up an offer, while the first teams were put together."""
TAKEN_UP = (
    ("TT2", 1, (3, time(12, 30))),
    ("SR4", 2, (5, time(7, 45))),
    ("T2", 21, (6, time(8, 20))),
)
STEPPED_DOWN = ("TT2", 1, (6, time(19, 15)))
LEAVES_BECAUSE = "I work nights from next month, and could not come to any of the meetings."
DECLARES = (21, (6, time(18, 30)))
BOUGHT = InterestGiven(
    kind="financial",
    party="Harbour & Vale Group, which is about to buy a maker of luggage scanners",
    gain="My shares in the Group would gain if more stations had to have them.",
    since="This week",
    project="T2",
)
ASIDE = (SR, "SR1", 21, "business", (6, time(13, 0)))
ASIDE_BECAUSE = "We were at school together, and our families spend each summer in one house."
ASKS_AGAIN = ("SR2", 9, (6, time(12, 0)))
GROUNDS = (
    "I have bought such courses for nine years as well, before I taught them. My form says so."
)
NEIGHBOUR = ("SR2", 9, SR, "business", (6, time(9, 0)))
COMPLAINS = (18, (6, time(20, 10)))
COMPLAINT = (
    "I was refused because a switchboard did not know me. Nobody rang the number that I gave."
)


def acts_of_outcomes(call: Call, people: Mapping[str, User]) -> list[Act]:
    """Return what was released, and what everybody did then, each thing with its instant."""
    return [*_Outcomes(call, people).acts()]


class _Outcomes:
    """The office, the co-chairs and the volunteers, and what each of them did about outcomes."""

    def __init__(self, call: Call, people: Mapping[str, User]) -> None:
        self.call, self.people = call, people
        self.office = people[OFFICE]

    def acts(self) -> Iterator[Act]:
        yield self._instant(FEWER_DAYS), partial(self._give_days, DAYS_AT_FIRST)
        yield self._instant(MORE_DAYS), partial(self._give_days, DAYS_SINCE)
        for told in DECIDED:
            for side, at in zip(("business", "police"), told.keys, strict=True):
                yield self._instant(at), partial(self._cast, told, side)
            yield self._instant(told.released), partial(self._release, told)
        for code, number, at in TAKEN_UP:
            yield self._instant(at), partial(self._take_up, code, number)
        yield from self._afterwards()

    def _afterwards(self) -> Iterator[Act]:
        """Yield what came of memberships, and what those asked who were not taken."""
        code, number, at = STEPPED_DOWN
        yield self._instant(at), partial(self._step_down, code, number)
        number, at = DECLARES
        yield self._instant(at), partial(self._declare, number)
        stream, code, number, side, at = ASIDE
        yield self._instant(at), partial(self._stand_aside, code, number, side, stream)
        code, number, stream, side, at = NEIGHBOUR
        yield self._instant(at), partial(self._suggest, code, number, side, stream)
        code, number, at = ASKS_AGAIN
        yield self._instant(at), partial(self._ask_again, code, number)
        number, at = COMPLAINS
        yield self._instant(at), partial(self._complain, number)

    # Decided and released ---------------------------------------------------------------------------
    def _give_days(self, days: int) -> None:
        FairnessSettings.objects.update_or_create(
            pk=FairnessSettings.ONLY, defaults={"take_up_days": days}
        )

    def _cast(self, told: Told, side: str) -> None:
        choice = self._choice(told.code, told.volunteer)
        said = Said(view=told.view, reason=told.why)
        seen = policies.versions_of(choice).seen
        workflow.cast(choice, by=self._co_chair(side, told.stream), said=said, seen=seen)

    def _release(self, told: Told) -> None:
        decision = Decision.objects.get(choice=self._choice(told.code, told.volunteer))
        release_with_letter(decision, by=self.office, letter=told.letter)

    # Members ----------------------------------------------------------------------------------------
    def _take_up(self, code: str, number: int | str) -> None:
        user = self._volunteer(number)
        undertakings.accept(person_of(user), by=user)
        offers.accept(self._choice(code, number), by=user)

    def _step_down(self, code: str, number: int | str) -> None:
        choice = self._choice(code, number)
        mine = Membership.objects.get(choice=choice)
        membership.step_down(mine, by=self._volunteer(number), reason=LEAVES_BECAUSE)

    def _declare(self, number: int | str) -> None:
        """Declare what a member gained since: it keeps them out meanwhile, and opens an ethics review."""
        user = self._volunteer(number)
        person = person_of(user)
        newest = Declaration.objects.filter(person=person).latest("number")
        declarations.sign(
            person,
            by=user,
            source=Declaration.Source.OWN,
            interests=[*declarations.interests_of(newest), BOUGHT],
        )
        membership.recheck_person(person)
        ethics.look_over_all()

    # Who was not taken, and who may not judge ---------------------------------------------------------
    def _stand_aside(self, code: str, number: int | str, side: str, stream: str) -> None:
        by = self._co_chair(side, stream)
        workflow.stand_aside(self._choice(code, number), by=by, reason=ASIDE_BECAUSE)

    def _suggest(self, code: str, number: int | str, side: str, stream: str) -> None:
        choice = self._choice(code, number)
        near = neighbours(choice)[0]
        casework.suggest_neighbour(choice, near, by=self._co_chair(side, stream))

    def _ask_again(self, code: str, number: int | str) -> None:
        by = self._volunteer(number)
        casework.ask_to_look_again(self._choice(code, number), grounds=GROUNDS, by=by)

    def _complain(self, number: int | str) -> None:
        by = self._volunteer(number)
        casework.complain(person_of(by), about="office", text=COMPLAINT, by=by)

    # Who and when -----------------------------------------------------------------------------------
    def _choice(self, code: str, number: int | str) -> ProjectChoice:
        mine = ProjectChoice.objects.select_related(
            "expression__person__user", "expression__call", "project__work_stream"
        )
        return mine.get(
            project__code=code,
            expression__call=self.call,
            expression__state="submitted",
            expression__person__user=self._volunteer(number),
        )

    def _volunteer(self, number: int | str) -> User:
        name = number if isinstance(number, str) else f"volunteer{number}"
        return self.people[f"{name}@stepchange.example"]

    def _co_chair(self, side: str, stream: str) -> User:
        return self.people[f"{side}.{stream}@cochairs.example"]

    def _instant(self, given: At) -> datetime:
        """Return the instant of a day since the call opened, at a UK time of day."""
        days, at = given
        opened = clock.day_of(self.call.opens_at)
        local = datetime.combine(opened + timedelta(days=days), at, tzinfo=clock.UK)
        return local.astimezone(UTC)
