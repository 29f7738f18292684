"""The statements a participant accepts, each with the version that the record keeps.

Change the words of one, and give it a new version: who accepted the old one did not accept the new.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class Statement:
    """Words that are accepted by a tick, in one version."""

    version: str
    words: "str | _StrPromise"
    tick: "str | _StrPromise"
    missing: "str | _StrPromise"


# The undertaking: accepted with an expression of interest, or on its own page by whoever has none.
UNDERTAKING_TERMS = (
    _("Work undertaken for Step-Change is not classified, but it is in confidence."),
    _(
        "Do not share what you learn through it, or who else takes part, with anybody outside the "
        "programme."
    ),
    _(
        "Look at other people’s details only as far as your part in the programme needs it. Each look "
        "at them is recorded."
    ),
    _("Tell the coordination office at once if something was lost, or seen by somebody else."),
    _("This holds after your part in the programme has ended."),
)
UNDERTAKING = Statement(
    version="2026-11-23",
    words=format_lazy(" ".join(["{}"] * len(UNDERTAKING_TERMS)), *UNDERTAKING_TERMS),
    tick=_("I will keep the work, and who takes part in it, in confidence"),
    missing=_("Tick to say that you will keep the work in confidence"),
)

STATEMENTS: dict[str, Statement] = {
    "confidence": UNDERTAKING,
    "voluntary": Statement(
        version="2026-11",
        words=_(
            "There is no funding attached to the programme. Participation is voluntary, both in time "
            "and in expenses such as travel and refreshments."
        ),
        tick=_("I understand that taking part is voluntary and is not paid"),
        missing=_("Tick to say that you understand that taking part is voluntary"),
    ),
    "ethics": Statement(
        version="2026-11",
        words=_(
            "Projects are reviewed so that no inappropriate commercial advantage is created. Declare "
            "any interest that arises later, as soon as you know of it."
        ),
        tick=_("I will not seek an inappropriate advantage, and will declare any new interest"),
        missing=_("Tick to say that you will declare any new interest"),
    ),
}

ACCURACY = Statement(
    version="2026-11",
    words=_("Step-Change checks what you say with your referee and your organisation."),
    tick=_("What I have said is true and complete, to the best of my knowledge"),
    missing=_("Tick to declare that what you have said is true and complete"),
)

INTERESTS = Statement(
    version="2026-11-23",
    words=_(
        "An interest is anything that could influence what you do for the programme, or that a "
        "reasonable person could think does: yours, or of somebody close to you."
    ),
    tick=_("This is everything that I have to declare, to the best of my knowledge"),
    missing=_("Tick to sign your declaration"),
)

EVERY_STATEMENT = STATEMENTS | {"interests": INTERESTS, "accuracy": ACCURACY}
"""All that a submitted form accepts, in the order of its pages and by the name the snapshot keeps."""
VERSIONS = {name: text.version for name, text in EVERY_STATEMENT.items()}
