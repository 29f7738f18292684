"""The platform as a Django app."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


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
