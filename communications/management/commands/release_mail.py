"""`manage.py release_mail`: sends what is held after a restore, where the console can't be reached."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from communications import workflow
from communications.models import Generation
from stepchange.models import User
from stepchange.transitions import Refused


class Command(BaseCommand):
    """Lets go, in the name of somebody of the office, all that a restored backup left waiting."""

    help = "Send the emails that are held since a backup was restored."

    def add_arguments(self, parser: CommandParser) -> None:
        """Ask who decides and why: both are kept in the record."""
        parser.add_argument("--by", required=True, help="the log-in address of who decides")
        parser.add_argument("--reason", required=True, help="why they may go out now")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Release, and say how many. Raises CommandError when that is not for them to decide."""
        generation = Generation.objects.filter(state=Generation.State.HELD).first()
        if generation is None:
            self.stdout.write("Nothing is held.")
            return
        try:
            by = User.objects.get_by_natural_key(options["by"])
            released = workflow.release(generation, by=by, reason=options["reason"])
        except (User.DoesNotExist, Refused) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{released} emails go out with the next sweep.")
