"""The addresses of communications."""

from django.urls import path

from communications import views

app_name = "communications"

urlpatterns = [
    path("contact/", views.contact, name="contact"),
    path("contact/sent/", views.contact_sent, name="contact-sent"),
    path("demo/mailbox/", views.mailbox, name="mailbox"),
    path("demo/mailbox/<uuid:public_id>/", views.message, name="message"),
    path("demo/mailbox/<uuid:public_id>/letter/", views.message_html, name="message-html"),
]
