"""What a form says of a text that it cannot take, where Django would say it like a program."""

from django.utils.translation import gettext_lazy as _

TEXT_ERRORS = {
    "max_length": _("This is too long: give at most %(limit_value)d characters."),
    "null_characters_not_allowed": _("This holds a character that no keyboard types. Write it again by hand."),
}
NO_SUCH_CHOICE = {"invalid_choice": _("There is no such choice. Choose one of the list.")}
