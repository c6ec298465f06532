"""What accounts are called on the pages: roles, and what can be wrong with a form."""

from typing import Final

from detector.reason import N_

ROLES: Final = {
    "viewer": N_("Viewer"),
    "reviewer": N_("Reviewer"),
    "supervisor": N_("Supervisor"),
    "auditor": N_("Auditor"),
    "administrator": N_("Administrator"),
}
ACCOUNT_FAULTS: Final = {
    "login-refused": N_("Login and password do not belong together."),
    "too-many-attempts": N_("Too many attempts failed. Try again in 15 minutes."),
    "link-used": N_("This link was used already, or has expired. Ask your administrator for a new one."),
    "password-differs": N_("The two passwords are not the same."),
    "password-weak": N_("Use 12 to 200 characters that are not made from your login."),
    "identity-refused": N_("The identity provider did not sign you in, or you are no user here."),
    "password-wrong": N_("The password so far is another."),
}
