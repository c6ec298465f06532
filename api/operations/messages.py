"""What `streetwarden doctor` says: what is wrong, and what to do."""

from typing import Final

from detector.reason import N_

GRADES: Final = {"fine": N_("fine"), "warning": N_("warning"), "failure": N_("failure")}
FINDINGS: Final = {
    "folder_unwritable": N_(
        "The data folder %(folder)s cannot be written (%(detail)s). Set STREETWARDEN_DATA_DIR to a folder that the "
        "service's user may write, or mend its permissions."
    ),
    "no_room": N_(
        "%(folder)s has %(free)s MB free, fewer than the %(wanted)s MB that must stay free. Free some room, or keep "
        "footage for fewer days (STREETWARDEN_FOOTAGE_DAYS)."
    ),
    "room": N_("%(folder)s has %(free)s MB free."),
    "model_broken": N_("Model %(model)s is not what its card says (%(detail)s). Restore it, or install it again."),
    "models": N_("%(count)s models are as their cards say."),
    "no_decoder": N_("No decoding process can be started (%(detail)s): no camera and no footage is read."),
    "sandbox_lacks": N_(
        "The kernel or the container does not allow all of the decoders' isolation; missing: %(parts)s. See "
        "docs/surveys.md for what that means."
    ),
    "sandbox": N_("The decoders' isolation holds."),
    "no_service": N_("No service answers at %(address)s. If one should run here, start it and read its log."),
    "service_not_ready": N_("The service at %(address)s is not ready: %(detail)s."),
    "service": N_("The service at %(address)s is ready."),
    "database_version": N_("The database is of another version than this program: %(detail)s."),
    "database_away": N_(
        "The database does not answer: %(detail)s. Check that its server runs, that STREETWARDEN_DATABASE_URL is "
        "right, and that its disk is not full."
    ),
    "database": N_("The database answers and takes what is written."),
    "clocks_differ": N_(
        "The clocks of this machine and of the database differ by %(seconds_s)s. Let both follow a time server (NTP)."
    ),
    "secret_wrong": N_(
        "The addresses of cameras cannot be read (%(detail)s). Set STREETWARDEN_SECRET_KEY to the key that they were "
        "stored under."
    ),
    "no_cameras": N_("No cameras are registered. Import a camera file: streetwarden cameras import FILE."),
    "cameras": N_("%(count)s cameras are registered, and their addresses can be read."),
    "nobody_watches": N_("No service watches the cameras. Start one with: streetwarden serve --watch."),
    "unheld": N_(
        "%(count)s cameras are watched by nobody. Wait 10 seconds and ask again; then read the services' logs."
    ),
    "watchers": N_("The cameras are watched by: %(names)s."),
    "dead_letters": N_(
        "%(count)s confirmed cases were refused by the case system for good. Open the page Cases, read why, and send "
        "them again when the cause is gone."
    ),
    "outbox_late": N_(
        "Confirmed cases have been due for %(late_s)s. Check that the case system can be reached and that its token is "
        "right."
    ),
    "dead_chunks": N_("%(count)s pieces of surveys were set aside. The page of each survey says why."),
}
