"""What is recorded. Other domains may record acts of their own; their names belong into `messages.py`."""

from enum import StrEnum


class Act(StrEnum):
    """One kind of event."""

    LOGIN = "login"
    LOGIN_REFUSED = "login_refused"
    LOGOUT = "logout"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # the name of an act
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    USER_RESET = "user_reset"
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"
    REFUSED = "refused"
    VERDICT_GIVEN = "verdict_given"
    VERDICT_UNDONE = "verdict_undone"
    CASE_RETRIED = "case_retried"
    CASE_MOVED = "case_moved"
    CASE_CALLBACK_IGNORED = "case_callback_ignored"
    CAMERAS_IMPORTED = "cameras_imported"
    CAMERA_PAUSED = "camera_paused"
    CAMERA_RESUMED = "camera_resumed"
    CAMERA_REMOVED = "camera_removed"
    VIEW_ACCEPTED = "view_accepted"
    ORIGINAL_VIEWED = "original_viewed"
    EXPORTED = "exported"
    SURVEY_ANNOUNCED = "survey_announced"
    RULEBOOK_USED = "rulebook_used"
    MODEL_PROMOTION = "model_promotion"
    MODEL_ROLLED_BACK = "model_rolled_back"
    TRAINING_BEGUN = "training_begun"
