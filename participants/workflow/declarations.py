"""Declaring interests: a draft saved as one goes, then a signed statement that never changes."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from participants import policies
from participants.models import Declaration, DraftDeclaration, Interest, InterestKind, Person
from participants.texts import INTERESTS
from participants.workflow import interest_cases
from projects.models import Project
from stepchange import clock
from stepchange.events import fingerprint, record
from stepchange.models import User
from stepchange.transitions import Refused, permit

MOST_INTERESTS = 50


@dataclass(frozen=True, kw_only=True)
class InterestGiven:
    """One interest as its owner says it. `project` is the project's code; empty in general."""

    kind: str
    party: str
    gain: str = ""
    since: str = ""
    project: str = ""


def sign(
    person: Person,
    *,
    by: User,
    source: Declaration.Source,
    interests: Sequence[InterestGiven] = (),
    is_nil: bool = False,
) -> Declaration:
    """Sign a declaration for oneself: some interests, or nothing, said aloud (nil is not blank).

    Writes `participants.declaration.signed` with its number and digest, and opens a case for each interest
    that was not said in these words before. Raises Refused when it holds neither, or both, or when
    somebody else signs. In one transaction.
    """
    permit(policies.may_speak_for(by, person))
    if bool(interests) == is_nil:
        raise Refused(_("Say that you have nothing to declare, or add an interest."))
    projects = {project.code: project for project in _named(interests)}
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        digest = digest_of_given(interests)
        declaration = Declaration.objects.create(
            person=person,
            number=person.declarations.count() + 1,
            is_nil=is_nil,
            source=source,
            text_version=INTERESTS.version,
            digest=digest,
        )
        said = Interest.objects.bulk_create(
            Interest(
                declaration=declaration,
                position=position,
                kind=InterestKind(given.kind),
                project=projects[given.project] if given.project else None,
                party=given.party,
                gain=given.gain,
                since=given.since,
            )
            for position, given in enumerate(interests, start=1)
        )
        record(
            "participants.declaration.signed",
            declaration,
            by=by,
            facts={
                "person": person.record_key,
                "number": declaration.number,
                "is_nil": is_nil,
                "interests": len(interests),
                "source": source,
                "version": INTERESTS.version,
                "digest": digest,
            },
        )
        interest_cases.carry_over(declaration, said, by=by)
    return declaration


def digest_of_given(
    interests: Sequence[InterestGiven],
    *,
    version: str = "",
    is_nil: bool | None = None,
) -> str:
    """Return what names a declaration of these interests, or of none: in the words signed now, or then."""
    held = [asdict(given) for given in interests]
    is_nil = not held if is_nil is None else is_nil
    version = version or INTERESTS.version
    return fingerprint({"version": version, "is_nil": is_nil, "interests": held})


def interests_of(declaration: Declaration) -> list[InterestGiven]:
    """Return the interests of a declaration as they were given."""
    if "interests" in getattr(declaration, "_prefetched_objects_cache", {}):
        return [_as_given(each) for each in declaration.interests.all()]
    return [_as_given(each) for each in declaration.interests.select_related("project")]


def _named(interests: Sequence[InterestGiven]) -> list[Project]:
    """Return the projects that interests touch. Raises Refused when one is not there any more."""
    codes = {given.project for given in interests if given.project}
    found = list(Project.objects.filter(code__in=codes))
    if missing := codes - {project.code for project in found}:
        raise Refused(
            _("There is no project %(code)s any more: change that interest.")
            % {"code": min(missing)}
        )
    return found


# The draft ------------------------------------------------------------------------------------------
def draft_of(person: Person | None) -> DraftDeclaration:
    """Return the draft as it stands; unsaved, with what was declared last, when none was begun.

    The newest declaration is there to be looked through, not typed again; whether there is anything to
    declare is asked anew each time.
    """
    if person is None:
        return DraftDeclaration()
    draft = DraftDeclaration.objects.filter(person=person).first()
    if draft is not None:
        return draft
    last = person.declarations.order_by("-number").first()
    held = last.interests.select_related("project") if last else ()
    typed = [{"key": each.public_id.hex[:12], **asdict(_as_given(each))} for each in held]
    return DraftDeclaration(person=person, interests=typed)


def _as_given(interest: Interest) -> InterestGiven:
    return InterestGiven(
        kind=interest.kind,
        party=interest.party,
        gain=interest.gain,
        since=interest.since,
        project=interest.project.code if interest.project else "",
    )


def answer(person: Person, *, is_nil: bool) -> DraftDeclaration:
    """Keep whether there is anything to declare. A nil leaves what was typed before in the draft."""
    return _change(person, lambda draft: setattr(draft, "is_nil", is_nil))


def keep_interest(person: Person, given: InterestGiven, *, key: str = "") -> DraftDeclaration:
    """Add an interest to the draft, or put it in place of the one with the key.

    Raises Refused when there are too many. One that was removed meanwhile is added anew: nothing typed
    is lost.
    """

    def put(draft: DraftDeclaration) -> None:
        typed: dict[str, Any] = {"key": key or _new_key(), **asdict(given)}
        kept = [typed if each["key"] == key else each for each in draft.interests]
        if typed not in kept:
            kept.append(typed)
        if len(kept) > MOST_INTERESTS:
            raise Refused(
                _("You can declare %(most)d interests here. Write to the office if there are more.")
                % {"most": MOST_INTERESTS}
            )
        draft.interests, draft.is_nil = kept, False

    return _change(person, put)


def remove_interest(person: Person, *, key: str) -> DraftDeclaration:
    """Take an interest out of the draft; one that is not there any more changes nothing."""

    def take_out(draft: DraftDeclaration) -> None:
        draft.interests = [each for each in draft.interests if each["key"] != key]

    return _change(person, take_out)


def _change(person: Person, make: Any) -> DraftDeclaration:
    with transaction.atomic():
        begun = draft_of(person)
        if begun._state.adding:
            known = {"interests": begun.interests}
            begun = DraftDeclaration.objects.get_or_create(person=person, defaults=known)[0]
        draft = DraftDeclaration.objects.select_for_update().get(pk=begun.pk)
        make(draft)
        draft.saved_at = clock.now()
        draft.save(update_fields=["is_nil", "interests", "saved_at"])
    return draft


def sign_draft(person: Person, *, by: User, seen: str) -> Declaration:
    """Sign the draft as it was looked at, and clear it: signing twice signs once.

    `seen` is the digest of what the page showed. Raises Refused when the draft has changed since or was
    never answered, and when there is none and what was signed last is not what the page showed.
    """
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        draft = DraftDeclaration.objects.select_for_update().filter(person=person).first()
        if draft is None:
            return _signed_already(person, seen)
        if draft.is_nil is None or digest_of(draft) != seen:
            raise Refused(_("Your declaration was changed in another tab. Check it, then sign it."))
        invited = policies.is_being_invited(by)
        signed = sign(
            person,
            by=by,
            source=Declaration.Source.INVITATION if invited else Declaration.Source.OWN,
            interests=() if draft.is_nil else given_in(draft),
            is_nil=bool(draft.is_nil),
        )
        draft.delete()
    return signed


def _signed_already(person: Person, seen: str) -> Declaration:
    last = person.declarations.order_by("-number").first()
    if last is None:
        raise Refused(_("Start your declaration first."))
    if last.digest != seen:
        raise Refused(
            _(
                "Another declaration was signed since you opened that page. If it does not say all, "
                "declare anew."
            )
        )
    return last


def given_in(draft: DraftDeclaration) -> list[InterestGiven]:
    """Return the interests that a draft holds, as they would be signed."""
    return [
        InterestGiven(**{name: value for name, value in each.items() if name != "key"})
        for each in draft.interests
    ]


def digest_of(draft: DraftDeclaration) -> str:
    """Return what names a draft as it stands: the digest of the declaration it would be."""
    return digest_of_given(() if draft.is_nil else given_in(draft))


def _new_key() -> str:
    return secrets.token_hex(6)
