"""The demonstration: its cast, their seats, what each project's team seeks, and today's dates.

Everybody in it is invented (`fixtures/demonstration.toml`). Never in production: whoever calls this
outside the demonstration or the tests is refused.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from participants.cast_compliance import DECLARED_LONG_AGO, declare_long_ago, tell_compliance
from participants.cast_forms import Act, Works, tell_forms
from participants.cast_interests import acts_of_the_office
from participants.cast_validation import acts_since, tell_earlier
from participants.models import Declaration
from participants.workflow import declarations, invitations, person_of, undertakings
from participants.workflow.declarations import InterestGiven
from projects import workflow as project_workflow
from projects.loading import first_call, read_fixture
from projects.models import Contribution, IdentityLevel, Milestone, Project
from stepchange import clock
from stepchange.configuration import Mode
from stepchange.models import User
from stepchange.roles import Role
from workstreams import workflow as programme_workflow
from workstreams.models import Call, Organisation, Seat, WorkStream

# The call opened a week ago, so that there is something to see and time to act.
DAYS_SINCE_LAUNCH = 7
WHY = "The demonstration moves the programme's dates around today."

ROLES: dict[str, tuple[Role, ...]] = {
    "office": (Role.OFFICE_MANAGER, Role.CASEWORKER),
    "caseworker": (Role.CASEWORKER,),
    "communications": (Role.COMMUNICATIONS_OFFICER,),
    "board": (Role.BOARD,),
    "ethics": (Role.ETHICS_REVIEWER,),
    "co-chair": (),  # these two hold seats, and are grouped by their terms
    "deputy": (),
    "volunteer": (),
}
STAFF = frozenset({"office", "caseworker", "communications"})

BESIDE: list[Callable[[Call, Mapping[str, User]], list[Act]]] = []
"""What the casts of higher apps do since the call opened, among the rest; each adds itself when ready."""


def load_demonstration(*, launch: date | None = None, forms: bool = True) -> bool:
    """Load the cast and re-date the call and its milestones around today, or to begin on `launch`.

    With the volunteers' forms, unless somebody wants the call before anybody took part. Safe to
    repeat: what exists stays as it is, dates included. Returns whether it was loaded now.
    """
    if settings.MODE is Mode.PRODUCTION:
        raise RuntimeError("The demonstration is never loaded in production.")
    source = read_fixture("demonstration")
    if User.objects.filter(email=source["person"][0]["email"]).exists():
        return False
    begins = launch or clock.today() - timedelta(days=DAYS_SINCE_LAUNCH)
    with transaction.atomic():
        _redate(begins)
        organisations = _organisations(source)
        with clock.set_to(min(clock.start_of(begins), clock.now())):
            people = _people(source)  # they signed up before they could act
        call, works = first_call(), _works(source, organisations)
        if forms:
            tell_earlier(call, people, works)
        with clock.set_to(min(clock.start_of(begins) + timedelta(hours=1), clock.now())):
            _trust(source, organisations, people)
        _seats(source, begins, organisations, people)
        _needs(source)
        if forms:
            office, clerk = (people[row["email"]] for row in source["person"][:2])
            beside = [
                *acts_of_the_office(call, people, by=clerk, owner=office),
                *acts_since(call, people, works),
                *(act for tell in BESIDE for act in tell(call, people)),
            ]
            tell_forms(call, people, works, office=office, beside=beside)
        tell_compliance(people, office=source["person"][1]["email"])
        _invite(source, organisations, people)
    return True


def _redate(begins: date) -> None:
    call = first_call()
    moved = begins - call.opens_at.astimezone(clock.UK).date()
    closing_day = clock.last_day_before(call.closes_at) + moved
    delivery_on = call.delivery_on + moved
    programme_workflow.redate_call(
        call,
        opens_at=clock.start_of(begins),
        closes_at=clock.end_of(closing_day),
        delivery_on=delivery_on,
        decisions_on=delivery_on - timedelta(days=1),
        by=None,
        reason=WHY,
    )
    Call.objects.filter(pk=call.pk).update(is_rolling=True, name=f"Call to Action {begins:%Y}")
    for milestone in Milestone.objects.of_the_programme():
        due_on = milestone.due_on + moved
        if moved:
            project_workflow.redate(milestone, due_on=due_on, by=None, reason=WHY)
            # Its first date was 2018's, which the demonstration never promised to anybody.
            Milestone.objects.filter(pk=milestone.pk).update(first_due_on=due_on)
        if due_on < clock.today():
            project_workflow.meet(milestone, by=None, met_on=due_on)


def _organisations(source: dict[str, Any]) -> dict[tuple[str, str], Organisation]:
    """Return each organisation by slug and unit; the units that people name are rows too."""
    made: dict[tuple[str, str], Organisation] = {}
    described = {row["slug"]: row for row in source["organisation"]}
    units = sorted({(row["organisation"], row.get("unit", "")) for row in source["person"]})
    wanted = [(slug, "") for slug in described] + [pair for pair in units if pair[1]]
    for slug, unit in wanted:
        row = described[slug]
        organisation = Organisation.objects.create(
            name=row["name"], unit=unit, sector=row["sector"], domains=row["domain"]
        )
        programme_workflow.publish_organisation(organisation, by=None)
        made[slug, unit] = organisation
    for row in described.values():
        if parent := row.get("parent"):
            Organisation.objects.filter(name=row["name"]).update(group=made[parent, ""])
    return made


def _people(source: dict[str, Any]) -> dict[str, User]:
    """Return the cast's accounts by address: one password, one second factor for who needs one."""
    groups = {group.name: group for group in Group.objects.all()}
    hashed = User(email="")
    hashed.set_password(source["password"])  # once: the hash is slow on purpose
    people = {}
    for row in source["person"]:
        user = User.objects.create(
            email=row["email"],
            name=row["name"],
            password=hashed.password,
            is_staff=row["part"] in STAFF,
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        user.groups.set([groups[role.value] for role in ROLES[row["part"]]])
        if row["part"] != "volunteer":
            TOTP.activate(user, source["totp_secret"])
        people[user.email] = user
    return people


def _seats(
    source: dict[str, Any],
    begins: date,
    organisations: dict[tuple[str, str], Organisation],
    people: dict[str, User],
) -> None:
    works_for = {
        row["email"]: (row["organisation"], row.get("unit", "")) for row in source["person"]
    }
    streams = {stream.slug: stream for stream in WorkStream.objects.all()}
    for row in source["seat"]:
        kind = Seat.Kind.DEPUTY if row["kind"] == "deputy" else Seat.Kind.CO_CHAIR
        seat, _made = Seat.objects.get_or_create(
            work_stream=streams[row["work_stream"]], side=row["side"], kind=kind
        )
        programme_workflow.appoint(
            seat,
            holder=people[row["person"]],
            organisation=organisations[works_for[row["person"]]],
            starts_on=begins + timedelta(days=row["term_starts"]),
            ends_on=begins + timedelta(days=row["term_ends"]),
            by=None,
        )


def _works(
    source: dict[str, Any], organisations: dict[tuple[str, str], Organisation]
) -> dict[str, Works]:
    """Return where each of the cast works, by address."""
    domains = {row["slug"]: row["domain"] for row in source["organisation"]}
    return {
        row["email"]: Works(
            organisation=organisations[row["organisation"], row.get("unit", "")],
            domain=domains[row["organisation"]],
            role_title=row["role_title"],
        )
        for row in source["person"]
    }


def _trust(
    source: dict[str, Any],
    organisations: dict[tuple[str, str], Organisation],
    people: dict[str, User],
) -> None:
    """Let all but volunteers accept the undertaking and declare: some have interests, others nil."""
    declared: dict[str, list[InterestGiven]] = {}
    for row in source["interest"]:
        said = {name: value for name, value in row.items() if name != "person"}
        declared.setdefault(row["person"], []).append(InterestGiven(**said))
    for row in source["person"]:
        if row["part"] == "volunteer":
            continue
        user = people[row["email"]]
        person = person_of(user)
        person.full_name, person.role_title = row["name"], row["role_title"]
        person.organisation = organisations[row["organisation"], row.get("unit", "")]
        person.save(update_fields=["full_name", "role_title", "organisation"])
        undertakings.accept(person, by=user)
        interests = declared.get(user.email, [])
        if user.email == DECLARED_LONG_AGO:
            declare_long_ago(person, by=user)
            continue
        declarations.sign(
            person,
            by=user,
            source=Declaration.Source.INVITATION,
            interests=interests,
            is_nil=not interests,
        )


def _invite(
    source: dict[str, Any],
    organisations: dict[tuple[str, str], Organisation],
    people: dict[str, User],
) -> None:
    """Send one invitation, to be found in the mailbox and taken up."""
    said = source["invitation"]
    seat, _made = Seat.objects.get_or_create(
        work_stream=WorkStream.objects.get(slug=said["work_stream"]),
        side=said["side"],
        kind=Seat.Kind.DEPUTY,
    )
    invitations.invite(
        email=said["email"],
        name=said["name"],
        seat=seat,
        organisation=organisations[said["organisation"], said["unit"]],
        starts_on=clock.today(),
        ends_on=clock.today() + timedelta(days=365),
        by=people[said["invited_by"]],
        reason=said["reason"],
    )


def _needs(source: dict[str, Any]) -> None:
    for row in source["project"]:
        wanted = {
            f"wants_{contribution.value}": contribution.value in row["contribution_wanted"]
            for contribution in Contribution
        }
        Project.objects.filter(code=row["code"]).update(
            places=row["places"],
            needs=row["still_needs"],
            identity_level=row.get("identity_level", IdentityLevel.LOW),
            **wanted,
        )


def second_factor_code() -> str:
    """Return the code that the cast's authenticator shows now."""
    secret = read_fixture("demonstration")["totp_secret"]
    counter = int(clock.now().timestamp()) // mfa_settings.TOTP_PERIOD
    return str(format_hotp_value(hotp_value(secret, counter)))
