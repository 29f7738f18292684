"""Fairness: balance, concentration, and the review that opens by itself and holds what would go on."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from participants.models import Declaration, InterestCase, Person
from participants.workflow import declarations, interest_cases
from reviews.models import EthicsReview, FairnessSettings, Membership, Offer
from reviews.policies import fairness as policies
from reviews.policies import offers as offer_policies
from reviews.policies.capacity import capacity_of
from reviews.workflow import ethics, offers
from stepchange import clock
from stepchange.models import Event, User
from stepchange.roles import Role
from stepchange.transitions import Refused
from tests.builders import make_call, make_organisation, make_project, make_user
from tests.office import make_holder, office, seen
from tests.reviews.members import again, make_choice, make_member, make_offered, own

DAY = timedelta(days=1)
database = pytest.mark.django_db
HOLDERS = st.lists(st.sampled_from([None, 1, 2, 3, 4, 5]), max_size=30)


# Arithmetic ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("holders", "index"),
    [
        ([], Fraction(0)),
        ([1], Fraction(1)),
        ([1, 1, 1], Fraction(1)),
        ([1, 2], Fraction(1, 2)),
        ([1, 2, 3, 4], Fraction(1, 4)),
        ([1, 1, 2], Fraction(5, 9)),
        ([None, None], Fraction(1, 2)),  # two of nobody's are two holders
    ],
)
def test_the_index_is_the_sum_of_squared_shares(holders, index):
    assert policies.herfindahl(holders) == index


@given(HOLDERS)
@settings(max_examples=60, deadline=None)
def test_the_index_lies_between_one_nth_and_one_and_shares_add_up(holders):
    index = policies.herfindahl(holders)
    shares = policies.shares_of(holders)
    known = sum(share.number for share in shares.values())
    assert known == sum(holder is not None for holder in holders)
    if holders:
        number = len(shares) + sum(holder is None for holder in holders)
        assert Fraction(1, number) <= index <= 1
        assert index == sum(share.fraction**2 for share in shares.values()) + (
            Fraction(len(holders) - known, len(holders) ** 2)
        )


@given(HOLDERS.filter(bool))
@settings(max_examples=60, deadline=None)
def test_one_more_of_the_largest_never_lowers_the_index_of_known_holders(holders):
    known = [holder for holder in holders if holder is not None]
    if known:
        largest = next(iter(policies.shares_of(known)))
        assert policies.herfindahl([*known, largest]) >= policies.herfindahl(known)


@pytest.mark.parametrize(
    ("police", "private", "government", "stands"),
    [
        (1, 1, 1, ["too few"] * 3),
        (2, 2, 1, ["within"] * 3),
        (4, 0, 0, ["above", "below", "below"]),
        (1, 5, 4, ["below", "within", "within"]),
        (5, 3, 2, ["within"] * 3),  # 50% is the most, and is within
    ],
)
def test_balance_beside_its_band(police, private, government, stands):
    sectors = ["police"] * police + ["private"] * private + ["government"] * government
    seats = [policies.Seat(None, None, sector, is_lead=False) for sector in sectors]
    found = policies.balance(seats, FairnessSettings())
    assert [each.stand for each in found] == stands


# Of rows ------------------------------------------------------------------------------------------
@pytest.fixture
def call(db):
    return make_call(opens_at=clock.now() - 900 * DAY, closes_at=clock.now() + 900 * DAY)


@pytest.fixture
def reviewer(db) -> User:
    return make_holder(Role.ETHICS_REVIEWER)


def crowded(call, *, number: int = 2, others: int = 1):
    """Return a project with members of one firm, of others, and another of the firm who was offered."""
    project, firm = make_project(), make_organisation()
    for _ in range(others):
        make_member(project, organisation=make_organisation())
    for _ in range(number):
        make_member(project, organisation=firm)
    return project, firm


def test_the_preview_shows_before_and_after(call):
    project, firm = crowded(call)
    choice = make_offered(project, organisation=firm)
    seen = policies.preview(choice)
    group = policies.groups_now()[firm.pk]
    assert (seen.before.by_group[group].number, seen.after.by_group[group].number) == (2, 3)
    assert (seen.before.total, seen.after.total) == (3, 4)
    assert policies.Why.SEATS in seen.would_open
    assert not EthicsReview.objects.exists()


def test_over_the_threshold_a_review_opens_by_itself_once(call):
    project, firm = crowded(call, number=3)
    review = EthicsReview.objects.get()
    assert (review.project, review.organisation, review.seats) == (project, firm, 3)
    assert "seats" in review.why
    assert Event.objects.filter(kind="reviews.ethics_review.opened").count() == 1
    assert ethics.look_over_all() == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        EthicsReview.objects.create(project=project, organisation=firm, seats=1)


def test_it_holds_further_acceptances_of_that_group_to_that_project_and_no_others(call, reviewer):
    project, firm = crowded(call, number=3)
    subsidiary = make_organisation(group=firm)
    held = make_offered(project, organisation=subsidiary)
    other, elsewhere = (
        make_offered(project, organisation=make_organisation()),
        make_offered(organisation=firm),
    )
    with pytest.raises(Refused, match="ethics reviewer"):
        offers.accept(held, by=own(held))
    for free in (other, elsewhere):
        assert policies.held_for_ethics(free) is None

    # What may not be answered does not lapse, and has its time anew when it is cleared.
    with_time = Offer.objects.get(choice=held)
    Offer.objects.model._base_manager.filter(pk=with_time.pk)
    import time_machine

    with time_machine.travel(clock.now() + 30 * DAY, tick=False):
        assert not offer_policies.has_lapsed(again(held))
        ethics.clear(EthicsReview.objects.get(), reason="All three do other things.", by=reviewer)
        assert offer_policies.offer_of(held).take_up_by == clock.today() + 14 * DAY
        offers.accept(again(held), by=own(held))

    assert EthicsReview.objects.filter(state="open").count() == 1  # a fourth: looked at anew


def test_not_cleared_it_holds_while_the_group_would_be_over(call, reviewer):
    project, firm = crowded(call, number=3)
    ethics.not_clear(EthicsReview.objects.get(), reason="Too many.", by=reviewer)
    held = make_offered(project, organisation=firm)
    assert policies.held_for_ethics(held) is policies.NOT_CLEARED
    FairnessSettings.objects.update_or_create(
        pk=1, defaults={"most_seats_of_group": 100, "most_herfindahl": 100}
    )
    assert policies.held_for_ethics(held) is None


@pytest.mark.parametrize("how", ["own", "group", "former", "member", "nobody", "not ready"])
def test_who_may_settle_a_review(call, how):
    project, firm = crowded(call, number=3)
    review = EthicsReview.objects.get()
    by = make_holder(Role.ETHICS_REVIEWER, is_ready=how != "not ready")
    if how in {"own", "group"}:
        of = firm if how == "own" else make_organisation(group=firm)
        person = Person.objects.get(user=by)
        person.organisation = of
        person.save()
    if how == "former":  # nobody of the firm is in the project any more, nor is the reviewer in it
        person = Person.objects.get(user=by)
        for employer in (firm, make_organisation()):
            person.organisation = employer
            person.save()
        Membership.objects.update(state="ended")
    if how == "member":
        make_member(project, user=by, organisation=make_organisation())
    if how == "nobody":
        by = make_holder(Role.OFFICE_MANAGER)
    for settle in (ethics.clear, ethics.not_clear):
        with pytest.raises(Refused):
            settle(review, reason="x", by=by)
    review.refresh_from_db()
    assert review.state == "open"


def test_conditions_and_reasons_are_said(call, reviewer):
    crowded(call, number=3)
    review = EthicsReview.objects.get()
    for reason, conditions in (("", "No bids."), ("x", " ")):
        with pytest.raises(Refused):
            ethics.clear_with_conditions(review, reason=reason, conditions=conditions, by=reviewer)
    ethics.clear_with_conditions(review, reason="x", conditions="No bids for a year.", by=reviewer)
    review.refresh_from_db()
    assert (review.state, review.conditions) == ("conditions", "No bids for a year.")


def declares(person: Person, project=None, kind: str = "procurement-related") -> InterestCase:
    assert person.user is not None
    declarations.sign(
        person,
        by=person.user,
        source=Declaration.Source.OWN,
        interests=[
            declarations.InterestGiven(
                kind=kind, party="Sable", gain="Sales", project=project.code if project else ""
            )
        ],
    )
    return InterestCase.objects.filter(person=person).latest("pk")


@pytest.mark.parametrize(
    ("contribution", "kind", "flagged"),
    [
        ("develop", "procurement-related", True),
        ("lead", "intellectual property", True),
        ("develop", "financial", True),
        ("deliver", "financial", False),
        ("develop", "voluntary role", False),
    ],
)
def test_sets_the_standard_and_sells_to_it(call, contribution, kind, flagged):
    firm = make_organisation()
    member = make_member(contribution=contribution, organisation=firm)
    colleague = make_choice(organisation=make_organisation(group=firm)).expression.person
    case = declares(colleague, kind=kind)
    ethics.look_over_all()
    assert EthicsReview.objects.exists() is flagged
    if flagged:
        assert EthicsReview.objects.get().why == ["sells"]
        by = make_holder(Role.CASEWORKER)
        interest_cases.assess(case, nature="none", reason="No.", by=by)
        assert policies.over_thresholds(member.project) == []


def test_the_office_changes_the_settings_and_the_record_keeps_what_they_were(call):
    FairnessSettings.objects.get_or_create(pk=1)
    row = FairnessSettings.objects.get()
    client = office(Role.OFFICE_MANAGER)
    url = "/admin/reviews/fairnesssettings/fairness/change/"
    fields = [field.name for field in row._meta.fields if field.name not in {"id", "slug"}]
    given = {name: getattr(row, name) for name in fields}
    for wrong in (
        {"most_police": 5},
        {"remind_days": 14},
        {"take_up_days": 1},
        {"least_seats": "x"},
    ):
        answer = client.post(url, {**given, **wrong, **seen(row)})
        assert answer.status_code == 200, wrong
    assert client.post(url, {**given, "take_up_days": 21, **seen(row)}).status_code == 302
    assert policies.settings_now().take_up_days == 21
    event = Event.objects.get(kind="reviews.fairnesssettings.edited")
    assert event.personal == {"before": {"take_up_days": 14}, "after": {"take_up_days": 21}}
    assert make_offered().offers.get().take_up_by == clock.today() + 21 * DAY


def test_a_force_is_one_hand_with_all_its_units(call):
    units = [
        make_organisation(name="Northshire Police", unit=unit, sector="police")
        for unit in ("", "Roads", "Armed")
    ]
    groups = policies.groups_now()
    assert len({groups[unit.pk] for unit in units}) == 1


def test_the_figures_cost_the_same_however_many_there_are(call, django_assert_num_queries):
    project, firm = crowded(call)
    choice = make_offered(project, organisation=firm)
    with django_assert_num_queries(9):
        policies.preview(choice)
    make_member(project, organisation=make_organisation())
    choice = again(choice)
    with django_assert_num_queries(9):
        policies.preview(choice)


# Capacity -----------------------------------------------------------------------------------------
def test_capacity_counts_what_is_given_and_what_is_offered(call):
    member = make_member(hours=30)
    capacity = capacity_of(member.person)
    assert (capacity.given, capacity.offered, capacity.is_over) == (30, 0, False)
    member.choice.expression.choices.create(
        project=make_project(), rank=2, contribution="lead", hours=11
    )
    capacity = capacity_of(member.person)
    assert (capacity.in_all, capacity.is_over, capacity.is_over_now) == (41, True, False)
    assert make_user().pk
