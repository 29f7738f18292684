"""The least that Django can do, which the budgets of the public pages and of the form are set by.

No middleware and no apps, under the same gunicorn and on the same database as the portal.
"""
