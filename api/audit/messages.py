"""What the acts of the audit log are called on its page."""

from typing import Final

from detector.reason import N_

ACTS: Final = {
    "login": N_("signed in"),
    "login_refused": N_("sign-in refused"),
    "logout": N_("signed out"),
    "session_ended": N_("session ended"),
    "password_changed": N_("password changed"),
    "user_added": N_("user added"),
    "user_changed": N_("user changed"),
    "user_reset": N_("user given a new link"),
    "user_disabled": N_("user disabled"),
    "user_enabled": N_("user let in again"),
    "key_added": N_("API key made"),
    "key_revoked": N_("API key revoked"),
    "refused": N_("refused: not allowed"),
    "verdict_given": N_("verdict given"),
    "verdict_undone": N_("verdict taken back"),
    "case_retried": N_("case sent again"),
    "case_moved": N_("case moved"),
    "case_callback_ignored": N_("message about a case without effect"),
    "cameras_imported": N_("cameras imported"),
    "camera_paused": N_("camera paused"),
    "camera_resumed": N_("camera resumed"),
    "camera_removed": N_("camera removed"),
    "view_accepted": N_("new view accepted"),
    "original_viewed": N_("original viewed"),
    "exported": N_("exported"),
    "survey_announced": N_("survey announced"),
    "rulebook_used": N_("rulebook in force"),
    "model_promotion": N_("promotion of a model asked for"),
    "model_rolled_back": N_("model taken back"),
    "training_begun": N_("training begun"),
}
