"""Who is signed in, as every page needs them."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from csp_portal.accounts.models import User


class SignInBackend(AuthenticationBackend):
    """Signs in by e-mail and password, and fetches the user of a session with their partner, which the frame names."""

    def get_user(self, user_id: Any) -> User | None:
        """The user of a session; None once they may not sign in any more."""
        user = User.objects.select_related("partner").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        """Whether they may sign in: a program never does, it comes with a token."""
        return super().user_can_authenticate(user) and not user.is_program
