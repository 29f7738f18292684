"""The address of the ethics page, in the namespace of the portal's other promises."""

from django.urls import path

from workstreams import views

urlpatterns = [path("", views.ethics, name="ethics")]
