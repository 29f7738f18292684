"""What one more member would do to a project, for whoever decides about them (design.md, section 8).

Counted of memberships, by the functions that open an ethics review: what is shown is what will happen.
"""

from dataclasses import dataclass

from participants.models import ProjectChoice
from reviews.models import EthicsReview
from reviews.policies.fairness import (
    Figures,
    Over,
    Preview,
    SectorShare,
    Share,
    Why,
    groups_now,
    needs_review,
    preview,
    review_of,
    seat_of,
)
from workstreams.models import Organisation


@dataclass(frozen=True)
class Joining:
    """A project as it is, and as it would be if somebody joined it; the part of their group in it."""

    told: Preview
    group: Organisation | None
    """The group by its head; none for somebody without an organisation in the register."""
    review: EthicsReview | None
    """The newest ethics review of that group in this project."""
    is_member: bool
    """They are one of the seats already: then there is nothing more to come."""

    @property
    def after(self) -> Figures:
        """The project's figures once they are of it."""
        return self.told.before if self.is_member else self.told.after

    @property
    def _wide_after(self) -> Figures:
        return self.told.stream_before if self.is_member else self.told.stream_after

    @property
    def sectors(self) -> list[tuple[SectorShare, SectorShare]]:
        """Each sector's share now, and then."""
        return list(zip(self.told.before.balance, self.after.balance, strict=True))

    @property
    def shares_count(self) -> bool:
        """Say whether there would be enough members for shares to say anything."""
        return self.after.total >= self.after.settings.least_seats

    @property
    def seats(self) -> tuple[Share, Share]:
        """The group's share of the project's members, now and then."""
        return self._of(self.told.before), self._of(self.after)

    @property
    def leads(self) -> tuple[Share, Share] | None:
        """The group's share of those who lead in the work-stream; None where it would lead none."""
        before, after = (
            self._leads_of(each) for each in (self.told.stream_before, self._wide_after)
        )
        return (before, after) if after.number else None

    @property
    def why(self) -> tuple[Why, ...]:
        """For what their joining would open an ethics review, as far as it is counted.

        Not that somebody sells what the project could call for: that was declared, to the office alone.
        """
        told = () if self.is_member else self.told.would_open
        return tuple(each for each in told if each is not Why.SELLS)

    @property
    def waits_for_ethics(self) -> bool:
        """Say whether a review of their group in this project is open: nobody more of it joins."""
        return self.review is not None and self.review.state == EthicsReview.State.OPEN

    @property
    def is_not_cleared(self) -> bool:
        """Say whether an ethics reviewer keeps more of their group out, as things stand."""
        refused = EthicsReview.State.NOT_CLEARED
        return self.review is not None and self.review.state == refused and bool(self.why)

    @property
    def opens_review(self) -> bool:
        """Say whether their joining would open a review: none is open, nor did one settle as much."""
        if not self.why or self.waits_for_ethics or self.is_not_cleared:
            return False
        group = self.group.pk if self.group else 0
        over = Over(group, self.why, self.seats[1].number, figures={})
        return needs_review(over, self.review)

    def _of(self, figures: Figures) -> Share:
        held = figures.by_group.get(self.group.pk) if self.group else None
        return held or Share(0, figures.total)

    def _leads_of(self, figures: Figures) -> Share:
        found = figures.leads_by_group
        held = found.get(self.group.pk) if self.group else None
        return held or Share(0, sum(seat.is_lead for seat in figures.seats))


def joining(choice: ProjectChoice) -> Joining:
    """Return what accepting a choice would do: as many queries however many members there are."""
    groups = groups_now()
    group = seat_of(choice, groups).group
    return Joining(
        told=preview(choice, groups),
        group=Organisation.objects.filter(pk=group).first() if group is not None else None,
        review=review_of(choice.project, group, groups),
        is_member=choice.state == ProjectChoice.State.ACCEPTED,
    )
