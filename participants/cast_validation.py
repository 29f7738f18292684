"""The demonstration's validations: one in every state that there is, and some from the year before.

What the office, the referees and the volunteers did is done again through `workflow`, at the instants
of the story. It needs nothing read from a file: who acts on whom stands here.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import partial

from participants import policies
from participants.cast_forms import Act, Works, address_of
from participants.evidence import CheckKind
from participants.models import RefereeRequest, Validation
from participants.workflow import looking, person_of, referees, validation
from participants.workflow.referees import Answer, Referee
from stepchange import clock
from stepchange.models import User
from workstreams.models import Call

RIGHT = Answer(name_is_right=True, role_is_right=True, employer_is_right=True)
CONTESTED = Answer(
    name_is_right=True,
    employer_is_right=True,
    comment="She works here, but she has been Deputy Head of Inspection since the spring.",
)
UNKNOWN = Answer(knows_them=False, comment="Nobody of this name has worked in my department.")

HOW = {
    CheckKind.CALL_BACK: "Switchboard’s number from the organisation’s public site; put through by name.",
    CheckKind.POLICE_REGISTER: "Asked the force’s human resources, by the number on its public site.",
    CheckKind.PASS_SEEN: "Card seen on a video call, front and face together. No picture kept.",
}
ENOUGH = (CheckKind.CALL_BACK, CheckKind.PASS_SEEN)
"""Checks that meet a low profile without a referee, as the office made them the year before."""

# Before the call opened, in days: what was found a year before, and what was begun for this call.
ABOUT_TO_EXPIRE, EXPIRED, RAN_OUT = 298, 366, 40


class _Cast:
    """The office and the volunteers, and what each can do to a validation."""

    def __init__(self, call: Call, people: Mapping[str, User], works: Mapping[str, Works]) -> None:
        self.people, self.works = people, works
        self.opened = clock.day_of(call.opens_at)
        self.office = people["office@stepchange.example"]
        self.other = people["office2@stepchange.example"]
        self.colleague = people["office3@stepchange.example"]

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        """Return the instant of a day since the call opened, at a UK time of day."""
        local = datetime.combine(
            self.opened + timedelta(days=day), time(hour, minute), tzinfo=clock.UK
        )
        return local.astimezone(UTC)

    def volunteer(self, number: int) -> User:
        return self.people[f"volunteer{number}@stepchange.example"]

    def case(self, number: int) -> Validation:
        return Validation.objects.select_related("person__user", "person__organisation").get(
            person__user=self.volunteer(number)
        )

    # What they look at: each page that a caseworker opens is a look, which its person reads -------------
    def at_the_desk(
        self, instant: datetime, by: User, number: int, act: Callable[[], None]
    ) -> list[Act]:
        """Return something that somebody of the office does, with the pages that they open for it."""
        opens = partial(self.opens, number, by)
        return [
            (instant - timedelta(minutes=9), opens),  # the case
            (instant - timedelta(minutes=3), opens),  # the page of the step
            (instant, act),
            (instant + timedelta(minutes=1), opens),  # the case again, as it is now
        ]

    def opens(self, number: int, by: User) -> None:
        looking.looked_at_row(self.case(number), by=by, what="identity evidence")

    # What can be done ------------------------------------------------------------------------------
    def begins_by_hand(self, number: int) -> None:
        """Open a validation of somebody who has sent no form in this call yet."""
        user = self.volunteer(number)
        works, person = self.works[user.email], person_of(user)
        person.full_name, person.role_title = user.name, works.role_title
        person.organisation = works.organisation
        person.work_email = address_of(user.name, works.domain)
        person.save(update_fields=["full_name", "role_title", "organisation", "work_email"])
        validation.open_for(person)

    def referee_says(self, number: int, said: Answer) -> None:
        self.referee_of(self.volunteer(number), said)

    def referee_of(self, user: User, said: Answer) -> None:
        asked = RefereeRequest.objects.get(validation__person__user=user, state="sent")
        referees.answer(referees.mint_link(asked), said)

    def checks(self, number: int, *kinds: CheckKind) -> None:
        for kind in kinds:
            validation.record_check(
                self.case(number),
                kind=kind,
                outcome="confirmed",
                method=HOW[kind],
                by=self.office,
                number="4127" if kind == CheckKind.POLICE_REGISTER else "",
            )

    def validates(self, number: int) -> None:
        case = self.case(number)
        for flag in policies.open_flags(case):
            validation.settle_flag(
                case,
                kind=flag.kind,
                facts=flag.facts,
                by=self.office,
                reason="The office asked them: the address is one that they were given.",
            )
        words = "What was checked fits together, and with what they wrote."
        validation.validate(case, by=self.office, reason=words)

    def asks(self, number: int) -> None:
        question = (
            "Nobody answers at the number that we found for your unit. Which switchboard puts us "
            "through to you, and when are you there?"
        )
        validation.ask(self.case(number), question=question, by=self.office)

    def refuses(self, number: int) -> None:
        case = self.case(number)
        validation.begin_if_new(case, by=self.office)
        validation.refuse(
            case,
            told="Your organisation’s reception did not know you when we called on two days.",
            by=self.office,
            reason="Called on two days, by the number of the public register. They know no such name.",
        )

    def appeals(self, number: int) -> None:
        why = "I work from another office, whose reception is at a number of its own."
        validation.appeal(self.case(number), by=self.volunteer(number), reason=why)

    def asks_in_the_place(self, number: int, named: Referee) -> None:
        referees.name_another(self.case(number), named, by=self.volunteer(number))

    def asks_early(self, number: int, named: Referee) -> None:
        self.begins_by_hand(number)
        words = "They asked to be looked at before the call opens."
        referees.ask_again(self.case(number), by=self.other, reason=words, named=named)


def tell_earlier(call: Call, people: Mapping[str, User], works: Mapping[str, Works]) -> None:
    """Do what was done before the call opened: two were validated then, and one was asked about."""
    cast = _Cast(call, people, works)
    asked = Referee(
        name="Theodora Halloran",
        role_title="Head of Regulatory Services",
        email="theodora.halloran@marrowby-council.example",
    )
    _do(
        [
            *_validated_early(cast, 22, EXPIRED),
            *_validated_early(cast, 21, ABOUT_TO_EXPIRE),
            (cast.at(-RAN_OUT, 11), partial(cast.asks_early, 3, asked)),
            (cast.at(-RAN_OUT + 15, 3), _record_run_out),
        ]
    )


def _validated_early(cast: _Cast, number: int, days: int) -> list[Act]:
    desk = partial(cast.at_the_desk, by=cast.office, number=number)
    return [
        (cast.at(-days, 10), partial(cast.begins_by_hand, number)),
        *desk(cast.at(-days, 11), act=partial(cast.checks, number, *ENOUGH)),
        *desk(cast.at(-days, 12), act=partial(cast.validates, number)),
    ]


def _record_run_out() -> None:
    referees.record_run_out()


def acts_since(call: Call, people: Mapping[str, User], works: Mapping[str, Works]) -> list[Act]:
    """Return what was done since the call opened, beside the forms: each thing with its instant."""
    cast = _Cast(call, people, works)
    shared = Referee(
        name="Alasdair Fenwick",
        role_title="Chief Inspector",
        email="alasdair.fenwick@carrowdale-police.example",
    )

    def does(act: Callable[..., None], number: int, *said: object) -> Callable[[], None]:
        return partial(act, number, *said)

    def office(at: datetime, act: Callable[..., None], number: int, *said: object) -> list[Act]:
        return cast.at_the_desk(at, cast.office, number, partial(act, number, *said))

    register = (CheckKind.POLICE_REGISTER, CheckKind.PASS_SEEN, CheckKind.CALL_BACK)
    return [
        # Validated: one at the lowest level, one higher.
        (cast.at(1, 9, 30), does(cast.referee_says, 1, RIGHT)),
        *office(cast.at(2, 14), cast.checks, 1, CheckKind.CALL_BACK),
        *office(cast.at(3, 9), cast.validates, 1),
        (cast.at(2, 8, 40), does(cast.referee_says, 2, RIGHT)),
        *office(cast.at(3, 11), cast.checks, 2, *register),
        *office(cast.at(3, 12), cast.validates, 2),
        # Asked for more, refused, refused and looked at again.
        *office(cast.at(4, 10), cast.asks, 10),
        *office(cast.at(4, 15), cast.refuses, 18),
        *office(cast.at(5, 16), cast.refuses, 15),
        (cast.at(6, 8, 20), does(cast.appeals, 15)),
        # What referees said; and one who is asked about two volunteers, which is a flag.
        (cast.at(4, 18), does(cast.referee_says, 17, RIGHT)),
        (cast.at(4, 19, 5), does(cast.referee_says, 14, CONTESTED)),
        (cast.at(3, 20, 15), does(cast.referee_says, 11, UNKNOWN)),
        (cast.at(6, 7, 30), does(cast.asks_in_the_place, 16, shared)),
        # Of the office herself: her referee has answered, and it waits for who is not of her team.
        (cast.at(4, 9, 40), partial(cast.referee_of, cast.colleague, RIGHT)),
    ]


def _do(acts: Iterable[Act]) -> None:
    for instant, act in sorted(acts, key=lambda each: each[0]):
        with clock.set_to(instant):
            act()
