"""The life of a validation: opened when somebody submits, worked on by checks, settled, and opened again.

A validation relies on facts: name, addresses, organisation. `recheck` compares them whenever they may have
changed, and begins again what relied on others; that somebody is not validated any more is true the
moment that a fact changes, whether or not anybody has recorded it (`policies.identity_of`).
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants import policies
from participants.evidence import MEANS, CheckKind, says_too_little
from participants.gpg45 import GUIDE_VERSION, Scores
from participants.models import (
    AddressConfirmation,
    Check,
    ExpressionOfInterest,
    FlagKind,
    FlagSettlement,
    InformationRequest,
    Person,
    RefereeRequest,
    Validation,
)
from participants.models.validation import SETTLED_WITHIN
from participants.workflow.asking import replace_waiting
from stepchange import clock
from stepchange.events import record
from stepchange.models import User
from stepchange.transitions import (
    Overtaken,
    Refused,
    Table,
    Transition,
    change,
    permit,
    require_reason,
)
from workstreams.free_mail import is_free_mail
from workstreams.models import OrganisationKey
from workstreams.names import domain_of, domains_above

_State = Validation.State
PARTS = ("strength", "validity", "activity", "fraud", "verification")

VALIDATION = Table(
    "participants.validation",
    Transition(
        name="begin",
        event="begun",
        sources=("not started",),
        target="in progress",
        label=gettext_lazy("Take it on"),
        policy=policies.may_begin,
    ),
    Transition(
        name="ask",
        event="information_asked",
        sources=("in progress",),
        target="more asked",
        label=gettext_lazy("Ask for more information"),
        policy=policies.may_work_on,
    ),
    Transition(
        name="answer",
        event="information_given",
        sources=("more asked",),
        target="in progress",
        label=gettext_lazy("Answer"),
        policy=policies.may_answer_question,
    ),
    Transition(
        name="go_on",
        event="gone_on_without_answer",
        sources=("more asked",),
        target="in progress",
        label=gettext_lazy("Go on without the answer"),
        policy=policies.may_work_on,
        asks_reason=True,
    ),
    Transition(
        name="validate",
        event="validated",
        sources=("in progress",),
        target="validated",
        label=gettext_lazy("Validate"),
        policy=policies.may_validate,
        asks_reason=True,
    ),
    Transition(
        name="raise_level",
        event="level_raised",
        sources=("validated",),
        target="validated",
        label=gettext_lazy("Raise the level"),
        policy=policies.may_raise_level,
        asks_reason=True,
    ),
    Transition(
        name="refuse",
        event="refused",
        sources=("in progress",),
        target="refused",
        label=gettext_lazy("Refuse"),
        policy=policies.may_settle,
        asks_reason=True,
    ),
    Transition(
        name="reopen_changed",
        event="reopened",
        sources=("validated", "refused"),
        target="in progress",
        label=gettext_lazy("Look again after a change"),
        policy=policies.may_record_by_itself,
    ),
    Transition(
        name="expire",
        event="expired",
        sources=("validated",),
        target="in progress",
        label=gettext_lazy("Record that it ran out"),
        policy=policies.may_record_by_itself,
    ),
    Transition(
        name="appeal",
        event="appealed",
        sources=("refused",),
        target="in progress",
        label=gettext_lazy("Ask for it to be looked at again"),
        policy=policies.may_appeal,
        asks_reason=True,
    ),
    Transition(
        name="reopen",
        event="reopened_by_office",
        sources=("validated", "refused"),
        target="in progress",
        label=gettext_lazy("Look at it again"),
        policy=policies.may_work_on,
        asks_reason=True,
    ),
    model="participants.Validation",
)


# Opened, and opened again ---------------------------------------------------------------------------
def open_for(person: Person, *, raised_by: User | None = None) -> Validation:
    """Return a person's validation, opened when there is none; what it relied on is compared anew.

    `raised_by` is who of the office began it by hand, entering the form, say: somebody else will settle
    it. In the transaction of whatever opens it.
    """
    found, is_new = _with_facts(person), False
    if found is None:
        found, is_new = Validation.objects.get_or_create(
            person=person,
            defaults={"due_on": clock.today() + SETTLED_WITHIN, "raised_by": raised_by},
        )
    validation = found
    validation.person = person
    if is_new:
        record(
            "participants.validation.opened",
            validation,
            by=raised_by,
            facts={"person": person.record_key},
        )
    elif not reopen_if_changed(validation) and policies.identity_in(validation).has_run_out:
        expire(validation, by=None)
    check_by_itself(validation)
    return validation


def wait_anew_if_back(validation: Validation, form: ExpressionOfInterest) -> None:
    """Let an open one be due anew whose person comes back with this form, after they withdrew all others.

    While they had withdrawn it waited for nobody. In a transaction.
    """
    if not validation.is_open:
        return
    others = ExpressionOfInterest.objects.filter(person=validation.person_id).exclude(pk=form.pk)
    states = set(others.order_by().values_list("state", flat=True))
    if "withdrawn" in states and "submitted" not in states:
        values = _waiting_anew()
        Validation.objects.filter(pk=validation.pk).update(**values)
        for name, value in values.items():
            setattr(validation, name, value)


def open_missing() -> int:
    """Open the validations that submitted forms lack, whatever kept them from it; return how many."""
    live = ExpressionOfInterest.objects.filter(state="submitted", person__validation__isnull=True)
    people = Person.objects.filter(pk__in=live.order_by().values("person"))
    for person in people.select_related("user", "organisation__merged_into"):
        with transaction.atomic():
            open_for(person)
    return len(people)


def reopen_if_changed(validation: Validation) -> bool:
    """Begin again what relied on facts that are others now; say whether it was. In a transaction."""
    identity = policies.identity_in(validation)
    if not identity.changed:
        return False
    reopen_changed(validation, changed=identity.changed, by=None)
    return True


def reopen_changed(
    validation: Validation,
    *,
    changed: Iterable[str],
    by: User | None,
    raised_by: User | None = None,
) -> None:
    """Begin again what relied on facts that have changed. Raises Refused.

    `raised_by` is who of the office found what contradicts it: somebody else settles it then.
    """
    VALIDATION.move(
        validation,
        "reopen_changed",
        by=by,
        values=_waiting_anew() | _for_somebody_else(validation) | {"raised_by": raised_by},
        facts={"changed": sorted(changed)},
    )


def recheck(person: Person) -> None:
    """Compare what somebody's validation relied on, after one of their details may have changed."""
    with transaction.atomic():
        found = _with_facts(person)
        if found is not None and reopen_if_changed(found):
            check_by_itself(found)


def _with_facts(person: Person) -> Validation | None:
    return (
        Validation.objects.select_for_update(of=("self",))
        .select_related("person__user", "person__organisation__merged_into")
        .select_related("organisation__merged_into")
        .filter(person=person)
        .first()
    )


def record_changed() -> int:
    """Begin again each validation whose facts have changed while nobody compared them; return how many.

    A merge of organisations that was undone, say: that it holds no more is true from that moment on.
    """
    settled = Validation.objects.exclude(state__in=Validation.OPEN).select_related(
        "person__user", "person__organisation__merged_into", "organisation__merged_into"
    )
    changed = [each.person for each in settled.iterator() if policies.identity_in(each).changed]
    for person in changed:
        recheck(person)
    return len(changed)


def record_run_out() -> int:
    """Begin again each validation whose year is over, of people who still take part; return how many."""
    live = ExpressionOfInterest.objects.filter(state="submitted").order_by().values("person")
    count = 0
    for validation in Validation.objects.run_out_by(clock.today()).filter(person__in=live):
        try:
            expire(validation, by=None)
        except Refused:  # settled meanwhile
            continue
        count += 1
    return count


def expire(validation: Validation, *, by: User | None) -> None:
    """Begin again what ran out. Raises Refused."""
    values = _waiting_anew() | {"raised_by": None}
    VALIDATION.move(validation, "expire", by=by, values=values)


def _for_somebody_else(validation: Validation) -> dict[str, Any]:
    """Return what makes it nobody's, where it was theirs who refused it: somebody else looks at it now."""
    refused = validation.state == _State.REFUSED
    is_theirs = refused and validation.caseworker_id == validation.refused_by_id
    return {"caseworker": None} if is_theirs else {}


def _waiting_anew() -> dict[str, Any]:
    now = clock.now()
    return {"opened_at": now, "due_on": clock.day_of(now) + SETTLED_WITHIN}


# Checks ------------------------------------------------------------------------------------------------
def check_by_itself(validation: Validation) -> None:
    """Make the checks that need nobody: control of the work address, and whose domain it is.

    Only where that shows something else than the last one. In a transaction.
    """
    person = validation.person
    known = {check.kind: check for check in policies.latest(validation)}
    for kind, outcome in (
        (CheckKind.WORK_EMAIL, _controls_address(person)),
        (CheckKind.DOMAIN, _is_of_the_domain(person)),
    ):
        last = known.get(kind)
        is_old_news = last is not None and (
            last.outcome == outcome
            and not policies.changed_since(last.relied_on, last.organisation, person)
            & MEANS[kind].rests_on
            and last.expires_at > clock.now()
        )
        if outcome and not is_old_news:
            scores = MEANS[kind].most if outcome == Check.Outcome.CONFIRMED else Scores()
            make_check(validation, kind=kind, outcome=outcome, scores=scores, by=None)


def check_again(validation: Validation, *, by: User) -> None:
    """Make the portal's own checks anew, because somebody of the office asks. Raises Refused.

    Where they show what the last ones showed, nothing is added. In one transaction.
    """
    with transaction.atomic():
        permit(policies.may_check(by, validation))
        check_by_itself(validation)


def _controls_address(person: Person) -> str:
    if not person.work_email:
        return ""
    if person.user is not None and person.user.email.lower() == person.work_email.lower():
        return Check.Outcome.CONFIRMED  # it signs in with it, which a code confirmed
    codes = AddressConfirmation.objects.filter(person=person).to(person.work_email)
    return Check.Outcome.CONFIRMED if codes.confirmed().exists() else Check.Outcome.NOT_CONFIRMED


def _is_of_the_domain(person: Person) -> str:
    works_for, domain = person.organisation, domain_of(person.work_email)
    if works_for is None or not domain:
        return ""
    if is_free_mail(domain):  # whatever the register says: anybody can have an address there
        return Check.Outcome.NOT_CONFIRMED
    known = OrganisationKey.objects.filter(
        organisation__in={works_for.pk, works_for.current.pk}, kind=OrganisationKey.Kind.DOMAIN
    )
    is_known = known.filter(key__in=domains_above(domain)).exists()
    return Check.Outcome.CONFIRMED if is_known else Check.Outcome.NOT_CONFIRMED


def make_check(
    validation: Validation,
    *,
    kind: str,
    outcome: str,
    scores: Scores,
    by: User | None,
    method: str = "",
    number: str = "",
    referee: RefereeRequest | None = None,
) -> Check:
    """Keep one check as it was made, with the facts that it rests on. In a transaction.

    Raises Refused where it would score more than its kind may: what was not confirmed scores nothing.
    """
    most = MEANS[kind].most
    if outcome != Check.Outcome.CONFIRMED:
        scores = Scores()
    if any(getattr(scores, part) > getattr(most, part) for part in PARTS):
        raise Refused(_("A check of this kind can’t score so much."))
    check = Check.objects.create(
        validation=validation,
        kind=kind,
        outcome=outcome,
        **{part: getattr(scores, part) for part in PARTS},
        method=method,
        number=number,
        checked_by=by,
        referee=referee,
        relied_on=policies.kept_of(validation.person),
        organisation=validation.person.organisation,
    )
    record(
        "participants.check.made",
        check,
        by=by,
        facts={
            "validation": validation.record_key,
            "kind": kind,
            "outcome": outcome,
            "scores": [getattr(scores, part) for part in PARTS],
            "guide_version": check.guide_version,
        },
        personal={"method": method} if method else None,
    )
    return check


def record_check(
    validation: Validation,
    *,
    kind: str,
    outcome: str,
    method: str,
    by: User,
    scores: Scores | None = None,
    number: str = "",
) -> Check:
    """Record a check that somebody of the office made by hand; it begins what was not begun.

    What has no caseworker has one from then on, unless whoever records it may not be that. What contradicts
    a validation that was given begins it again, as a referee's answer does, for somebody else to settle.
    Scores are those of its kind unless fewer are given. Raises Refused. In one transaction.
    """
    with transaction.atomic():
        permit(policies.may_check(by, validation))
        means = MEANS[kind]
        if not means.by_hand:
            raise Refused(_("This check is made by the portal itself."))
        require_method(method)
        begin_if_new(validation, by=by)
        if validation.caseworker_id is None and policies.may_take(by, validation) is None:
            take(validation, by=by)
        check_by_itself(validation)
        check = make_check(
            validation,
            kind=kind,
            outcome=outcome,
            scores=scores or means.most,
            by=by,
            method=method,
            number=number,
        )
        if outcome == Check.Outcome.CONTRADICTED and validation.state == _State.VALIDATED:
            reopen_changed(validation, changed=["check"], by=None, raised_by=by)
    return check


def require_method(method: str) -> None:
    """Raise Refused unless it is said how a check was made, so that another could follow it."""
    permit(says_too_little(method))


def settle_flag(validation: Validation, *, kind: str, facts: str, by: User, reason: str) -> None:
    """Say why a flag is no obstacle, as its facts stand. Raises Refused. In one transaction.

    `facts` names the flag as it was looked at: one whose facts changed since is looked at again.
    """
    with transaction.atomic():
        permit(policies.may_settle_flag(by, validation))
        require_reason(reason)
        standing = {(flag.kind.value, flag.facts) for flag in policies.open_flags(validation)}
        if (kind, facts) not in standing:
            raise Overtaken(_("This flag does not stand as you saw it any more. Look again first."))
        settlement = FlagSettlement.objects.create(
            validation=validation,
            kind=FlagKind(kind),
            facts=facts,
            reason=reason,
            settled_by=by,
        )
        record(
            "participants.flag.settled",
            settlement,
            by=by,
            reason=reason,
            facts={"validation": validation.record_key, "kind": kind, "facts": facts},
        )


# Worked on, and settled ------------------------------------------------------------------------------
def begin(validation: Validation, *, by: User | None) -> None:
    """Take it on, or (by nobody) begin it since a referee has answered. Raises Refused."""
    VALIDATION.move(validation, "begin", by=by, values={"caseworker": by} if by else {})


def begin_if_new(validation: Validation, *, by: User | None) -> None:
    """Begin what nobody has begun."""
    if validation.state == _State.NOT_STARTED:
        begin(validation, by=by)


def ask(validation: Validation, *, question: str, by: User) -> InformationRequest:
    """Ask the person for something. Raises Refused. In one transaction."""
    with transaction.atomic():
        require_reason(question)
        begin_if_new(validation, by=by)
        asked = InformationRequest(validation=validation, question=question, asked_by=by)
        VALIDATION.move(validation, "ask", by=by, facts={"question": asked.record_key})
        asked.save(force_insert=True)
    return asked


def answer(validation: Validation, *, answer: str, by: User, asked: str = "") -> None:
    """Answer what the office asked, as the person. Raises Refused. In one transaction.

    `asked` is the key of the question as it was read: raises Overtaken where another one waits by now.
    """
    if not answer.strip():
        raise Refused(_("Write your answer."))
    with transaction.atomic():
        question = _open_question(validation)
        if asked and question is not None and question.record_key != asked:
            raise Overtaken(_("The office has asked something else since. Read it first."))
        VALIDATION.move(
            validation,
            "answer",
            by=by,
            values=_waiting_anew(),
            facts={"question": question.record_key if question else None},
        )
        if question is not None:
            question.answer, question.answered_at = answer, clock.now()
            question.save(update_fields=["answer", "answered_at"])


def go_on(validation: Validation, *, by: User, reason: str) -> None:
    """Go on without an answer, with the reason. Raises Refused. In one transaction."""
    with transaction.atomic():
        question = _open_question(validation)
        VALIDATION.move(validation, "go_on", by=by, reason=reason, values=_waiting_anew())
        if question is not None:
            question.answered_at = clock.now()
            question.save(update_fields=["answered_at"])


def _open_question(validation: Validation) -> InformationRequest | None:
    return (
        InformationRequest.objects.select_for_update()
        .filter(validation=validation, answered_at__isnull=True)
        .first()
    )


def validate(validation: Validation, *, by: User, reason: str) -> None:
    """Say that somebody is who they say they are, at the level that the checks meet, for a year.

    Raises Refused when they meet none, when a flag stands open, and for whoever may not settle it. In one
    transaction, against the facts as they are now: they are locked, so that none changes meanwhile.
    """
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=validation.person_id)
        validation = held(validation)
        checks = policies.counting(validation)
        profile = policies.profile_of(checks)
        VALIDATION.check(validation, "validate", by=by, reason=reason)
        if profile is None:  # the policy has said so
            raise Refused(_("The checks so far meet no profile of GPG 45: record another check."))
        VALIDATION.move(
            validation,
            "validate",
            by=by,
            reason=reason,
            values={
                "validated_by": by,
                "validated_at": clock.now(),
                "level": profile.level.value,
                "profile": profile.name,
                "guide_version": GUIDE_VERSION,
                "relied_on": policies.kept_of(validation.person),
                "relied_on_words": policies.words_of(validation.person),
                "organisation": validation.person.organisation,
                "refused_by": None,
                "refusal": "",
            },
            facts={
                "level": profile.level.value,
                "profile": profile.name,
                "guide_version": GUIDE_VERSION,
                "checks": sorted(check.record_key for check in checks),
            },
        )


def raise_level(validation: Validation, *, by: User, reason: str) -> None:
    """Say that somebody validated is known at the higher level that the checks meet by now.

    It holds until the same day as before: the facts and the checks that it rested on grow no younger.
    Raises Refused where it holds no more, when they meet no higher level, when a flag stands open, and for
    whoever could not validate it. In one transaction, as `validate` is.
    """
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=validation.person_id)
        validation = held(validation)
        VALIDATION.check(validation, "raise_level", by=by, reason=reason)
        checks = policies.counting(validation)
        profile = policies.profile_of(checks)
        if profile is None:  # the policy has said so
            raise Refused(_("The checks so far meet no profile of GPG 45: record another check."))
        VALIDATION.move(
            validation,
            "raise_level",
            by=by,
            reason=reason,
            expected={"level": validation.level, "validated_at": validation.validated_at},
            values={
                "level": profile.level.value,
                "profile": profile.name,
                "guide_version": GUIDE_VERSION,
            },
            facts={
                "level_before": validation.level,
                "level": profile.level.value,
                "profile": profile.name,
                "guide_version": GUIDE_VERSION,
                "checks": sorted(check.record_key for check in checks),
            },
        )


def refuse(validation: Validation, *, told: str, by: User, reason: str) -> None:
    """Say that it could not be shown who somebody is: `told` is what they read, the reason is the office's.

    No referee answers for it any more: the request that waits is given up. Raises Refused. In one
    transaction.
    """
    require_reason(told)
    with transaction.atomic():
        VALIDATION.move(
            validation,
            "refuse",
            by=by,
            reason=reason,
            expected={"raised_by": validation.raised_by, "refused_by": validation.refused_by},
            values={
                "refused_by": by,
                "refusal": told,
                "relied_on": policies.kept_of(validation.person),
                "relied_on_words": policies.words_of(validation.person),
                "organisation": validation.person.organisation,
            },
        )
        replace_waiting(validation, by=by, because="refused")


def appeal(validation: Validation, *, by: User, reason: str) -> None:
    """Ask, as the person, for a refusal to be looked at again by somebody else. Raises Refused.

    It is nobody's then: who refused it can't be its caseworker.
    """
    values = _waiting_anew() | {"caseworker": None}
    VALIDATION.move(validation, "appeal", by=by, reason=reason, values=values)


def reopen(validation: Validation, *, by: User, reason: str) -> None:
    """Look again at what was settled, with the reason: somebody else has to settle it then."""
    values = _waiting_anew() | _for_somebody_else(validation) | {"raised_by": by}
    VALIDATION.move(validation, "reopen", by=by, reason=reason, values=values)


def take(validation: Validation, *, by: User) -> None:
    """Be the caseworker of a validation from now on. Raises Refused."""
    permit(policies.may_take(by, validation))
    change(
        validation,
        "participants.validation.taken",
        expected={"caseworker": validation.caseworker},
        values={"caseworker": by},
        by=by,
    )


def held(validation: Validation) -> Validation:
    """Return the row as it is now with the facts it rests on, held until the transaction ends.

    Whoever holds it and a request to a referee takes this first, so that no two wait for each other.
    """
    return (
        Validation.objects.select_for_update(of=("self",))
        .select_related("person__user", "person__organisation__merged_into")
        .select_related("organisation__merged_into")
        .get(pk=validation.pk)
    )
