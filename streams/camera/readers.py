"""How pictures are got out of an open stream: by OpenCV's own decoder, or one by one from the packets."""

import threading
import time
from typing import Protocol

import cv2
import numpy as np

from detector.vision.frame import Image
from streams.video.capture import Stamp, open_packet, stamp_of
from streams.video.rtp import is_slice, split_units, unit_kind

_SETS = 4096  # bytes at the beginning of a packet within which its parameter sets stand


class PictureReader(Protocol):
    """Goes from picture to picture and decodes only the one that is wanted."""

    def grab(self) -> Stamp | None:
        """Wait for the next picture and return its presentation time; None when the stream has ended or timed out."""
        ...

    def picture(self) -> Image | None:
        """Return the picture grabbed last; None when it does not decode."""
        ...


class DecodingReader:
    """Leaves decoding to the capture: everything, or key frames alone, as it was opened."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture

    def grab(self) -> Stamp | None:
        return stamp_of(self._capture) if self._capture.grab() else None

    def picture(self) -> Image | None:
        read, image = self._capture.retrieve()
        return as_image(image) if read and image is not None else None


class PacketReader:
    """Walks over raw packets, which costs a thirtieth of decoding them, and decodes key pictures on demand.

    With `whole` false the parts of a picture (packets with equal stamps) are put together first; that is known
    only when the packet after them has come.
    """

    def __init__(
        self,
        capture: cv2.VideoCapture,
        codec: str,
        parameters: bytes,
        *,
        whole: bool,
        patience: float,
        stop: threading.Event,
    ) -> None:
        """`capture` is open for raw packets; `codec` is "H264" or "H265", `parameters` its sets in Annex B.

        After `patience` seconds of packets without a key picture the stream counts as timed out.
        """
        self._capture = capture
        self._codec = codec
        self._parameters = parameters
        self._whole = whole
        self._patience = patience
        self._stop = stop
        self._parts: list[bytes] = []
        self._stamp: Stamp | None = None
        self._ahead: tuple[Stamp, bytes] | None = None  # the first part of a key picture that ended the one before

    def grab(self) -> Stamp | None:
        self._parts, self._stamp = [], None
        if self._ahead is not None:
            self._stamp, first = self._ahead
            self._parts, self._ahead = [first], None
        end = time.monotonic() + self._patience
        while not self._stop.is_set() and time.monotonic() < end and self._capture.grab():
            key = bool(self._capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME))
            if self._stamp is None and not key:
                continue
            stamp = stamp_of(self._capture)
            # Two key pictures never lie so close together that their rounded seconds could be equal.
            if self._stamp is not None and not (key and stamp.seconds == self._stamp.seconds):
                if key:
                    self._ahead = stamp, self._packet()
                return self._stamp
            if key:
                self._parts.append(self._packet())
                self._stamp = stamp
                if self._whole:
                    return stamp
        return None

    def picture(self) -> Image | None:
        return decode_key_picture(self._parts, self._codec, self._parameters)

    def _packet(self) -> bytes:
        read, packet = self._capture.retrieve()
        return packet.tobytes() if read and packet is not None else b""


def decode_key_picture(parts: list[bytes], codec: str, parameters: bytes = b"") -> Image | None:
    """Return one key picture from its Annex-B packets (`codec` H264 or H265, or a JPEG); None when they do not decode.

    `parameters` are used where the packets hold none: many cameras name them in their description (SDP) alone.

    Of the second and later parts only the slices are kept: a delimiter or a parameter set between two slices would end
    the picture there.
    """
    if len(parts) > 1:
        later = (unit for part in parts[1:] for unit in split_units(part) if is_slice(unit, codec))
        parts = [parts[0], *(b"\0\0\0\1" + unit for unit in later)]
    if parameters and not _has_parameters(parts[0], codec):
        parts = [parameters, *parts]
    with open_packet(b"".join(parts)) as capture:
        if not capture.isOpened():
            return None
        read, image = capture.read()
        return as_image(image) if read and image is not None else None


def _has_parameters(packet: bytes, codec: str) -> bool:
    kinds = {unit_kind(unit, codec) for unit in split_units(packet[:_SETS])}
    return kinds >= ({7, 8} if codec == "H264" else {33, 34})


def as_image(picture: cv2.typing.MatLike) -> Image:
    """Return what OpenCV decoded, as the (height, width, 3) BGR array that everything above expects."""
    coloured = picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    return np.asarray(coloured, np.uint8)
