"""What the office types about an entry of the register of organisations."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from stepchange import locks
from stepchange.console import ConsoleForm
from workstreams import identifiers, policies
from workstreams.free_mail import is_free_mail
from workstreams.models import COUNTING, IdentifierKind, Organisation, Sector

LONGEST_ALIAS = 200


class OrganisationRegisterForm(ConsoleForm):
    """Edits an organisation; a group never ends in itself, and a number has its register's form."""

    DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")

    def clean_group(self) -> Organisation | None:
        """Refuse a group that belongs, in the end, to this organisation."""
        group: Organisation | None = self.cleaned_data["group"]
        if group is not None and (refusal := policies.may_belong_to(self.instance, group)):
            raise ValidationError(str(refusal))
        return group

    def clean_aliases(self) -> str:
        """Keep one name a line, each once."""
        names = [" ".join(line.split()) for line in self.cleaned_data["aliases"].splitlines()]
        if any(len(name) > LONGEST_ALIAS for name in names):
            raise ValidationError(_("Write one name a line, each of 200 characters or fewer."))
        return "\n".join(dict.fromkeys(name for name in names if name))

    def clean_domains(self) -> str:
        """Keep one domain a line, in lower case, without what stands before the @."""
        typed = self.cleaned_data["domains"].lower().split()
        domains = [domain.rpartition("@")[2].removeprefix("www.") for domain in typed]
        if wrong := [domain for domain in domains if not self.DOMAIN.fullmatch(domain)]:
            raise ValidationError(
                _("“%(domain)s” is no domain: write one a line, like northmere.police.example.")
                % {"domain": wrong[0][:100]}
            )
        if anybodys := [domain for domain in domains if is_free_mail(domain)]:
            raise ValidationError(
                _(
                    "Anybody can have an address at “%(domain)s”, so it is no organisation’s: take it out, "
                    "and leave the field empty if they have no domain of their own."
                )
                % {"domain": anybodys[0][:100]}
            )
        return "\n".join(dict.fromkeys(domains))

    def clean(self) -> dict[str, Any]:
        """Check the number by which another register knows it, and keep it as that register writes it."""
        cleaned = super().clean()
        if {"sector", "identifier_kind", "identifier"} <= cleaned.keys():
            self._check_identifier(cleaned, cleaned["identifier_kind"], cleaned["identifier"])
        return cleaned

    def _check_identifier(self, cleaned: dict[str, Any], kind: str, typed: str) -> None:
        sector = cleaned["sector"]
        if not kind and not typed:
            return
        if not kind:
            self.add_error("identifier_kind", _("Choose the register that the number is from."))
        elif kind not in identifiers.FITS[sector]:
            self.add_error("identifier_kind", _does_not_fit(sector))
        elif not typed:
            self.add_error("identifier", _("Enter the number, or choose no register."))
        elif not (written := identifiers.plainly(kind, typed)):
            self.add_error("identifier", str(identifiers.REGISTERS[kind].wrong))
        elif other := self._taken(kind, written, cleaned.get("unit", "")):
            self.add_error(
                "identifier",
                _("%(other)s has this number. If they are one organisation, merge them.")
                % {"other": other},
            )
        else:
            cleaned["identifier"] = written

    def _taken(self, kind: str, written: str, unit: str) -> Organisation | None:
        """Return the entry that has the number, one at a time: nobody else is given it meanwhile."""
        if self.instance.state not in COUNTING:
            return None
        locks.hold(identifiers.lock_of(kind, written))
        others = Organisation.objects.exclude(pk=self.instance.pk)
        return others.identified_by(kind, written, unit).first()


def _does_not_fit(sector: str) -> str:
    fitting = [str(IdentifierKind(kind).label) for kind in identifiers.FITS[sector]]
    return _("In the sector “%(sector)s” choose: %(fitting)s. Or choose none.") % {
        "sector": Sector(sector).label,
        "fitting": get_text_list(fitting, _("or")),
    }
