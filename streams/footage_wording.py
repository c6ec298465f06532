"""Why footage could not be read: a code for each cause, and its English sentence; other languages translate that."""

from enum import StrEnum
from typing import Final

from detector.reason import N_


class FootageFault(StrEnum):
    """What is wrong with a file of footage, or went wrong while it was read."""

    EMPTY_FOLDER = "empty_folder"
    UNKNOWN_FORMAT = "unknown_format"
    NOT_A_VIDEO = "picture_not_video"
    VIDEO_DAMAGED = "video_damaged"
    PICTURE_DAMAGED = "picture_damaged"
    PICTURE_CUT_OFF = "picture_cut_off"
    UNREAD_PICTURE = "picture_format_not_read"
    UNKNOWN_CODEC = "unknown_codec"
    REFUSED = "refused_by_decoder"
    NO_PICTURE = "no_picture"
    TOO_LONG = "too_long"
    UNREADABLE = "file_unreadable"
    NOT_FOOTAGE = "not_footage"
    OUT_OF_TIME = "decoder_out_of_time"
    OUT_OF_MEMORY = "decoder_out_of_memory"
    SILENT = "decoder_silent"
    DIED = "decoder_died"
    DECODER_FAILED = "decoder_failed"


TEXTS: Final[dict[str, str]] = {
    FootageFault.EMPTY_FOLDER: N_("this folder holds neither videos nor photos"),
    FootageFault.UNKNOWN_FORMAT: N_("neither a video (MP4, MOV, MKV, WebM, AVI, TS) nor a picture (JPEG, PNG, WebP)"),
    FootageFault.NOT_A_VIDEO: N_("a picture, not a video"),
    FootageFault.VIDEO_DAMAGED: N_("begins like a video but cannot be opened; is it complete?"),
    FootageFault.PICTURE_DAMAGED: N_("begins like a picture but does not decode; is it complete?"),
    FootageFault.PICTURE_CUT_OFF: N_("begins like a picture but is cut off; copy it again"),
    FootageFault.UNREAD_PICTURE: N_("a %(format)s picture, which is not read: save it as JPEG with its EXIF and XMP"),
    FootageFault.UNKNOWN_CODEC: N_("its codec is not supported (supported: %(codecs)s)"),
    FootageFault.REFUSED: N_("refused by the decoder (%(detail)s)"),
    FootageFault.NO_PICTURE: N_("opens, but holds no picture that decodes after %(second)s s"),
    FootageFault.TOO_LONG: N_("claims to last %(hours)s hours; is it a recording of a flight?"),
    FootageFault.UNREADABLE: N_("cannot be read (%(detail)s)"),
    FootageFault.NOT_FOOTAGE: N_("cannot be used: %(detail)s"),
    FootageFault.OUT_OF_TIME: N_("reading took more than %(seconds)s s of CPU time"),
    FootageFault.OUT_OF_MEMORY: N_("reading needs more memory than a reading process may have"),
    FootageFault.SILENT: N_("the reading process did not answer for %(seconds)s s and was stopped"),
    FootageFault.DIED: N_("the reading process ended unexpectedly (%(how)s)"),
    FootageFault.DECODER_FAILED: N_("the reading process failed: %(detail)s"),
}
"""English sentence by code."""
