"""The platform as a Django app."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.module_loading import autodiscover_modules


class StepchangeConfig(AppConfig):
    """Registers the platform's checks and signals."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "stepchange"
    verbose_name = "Platform"

    def ready(self) -> None:
        """Keep the roles' groups as `roles` has them, after each migration; hear of credentials."""
        from django.db.models.signals import post_migrate

        from stepchange import credentials
        from stepchange.roles import synchronise_groups

        post_migrate.connect(synchronise_groups, dispatch_uid="stepchange.roles")
        credentials.connect()


class ConsoleConfig(AdminConfig):
    """Serves the console in place of Django's stock admin site."""

    default_site = "stepchange.console.ConsoleSite"

    def ready(self) -> None:
        """Find what the apps add to the console: their pages, and the words for what they record."""
        super().ready()
        autodiscover_modules("event_words")
