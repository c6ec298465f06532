"""Receiving a file in pieces: the core of tus 1.0, for files that a survey has announced.

Why not a library: docs/decisions/0010-uploads.md.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.errors import ChecksumWrong, NoRoom, UploadInvalid, UploadMisplaced, UploadTooLong, UploadUnknown
from api.surveys import files as survey_files
from api.surveys.files import SETTLED, SurveyFile
from api.surveys.upload.finalizer import Finalizer
from api.surveys.upload.storage import FootageStore, Partial

BUFFER: Final = 1024 * 1024  # bytes gathered before they are written
SILENCE: Final = 30.0  # seconds with less than LEAST after which a line counts as dead, so that its file is free again
LEAST: Final = 8192  # bytes; the slowest line over which footage is sent brings ten times as much
ALGORITHMS: Final = ("sha256", "sha1")  # tus asks for sha1 of whoever offers checksums


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must hash to."""

    algorithm: str
    digest: bytes

    @classmethod
    def of(cls, header: str) -> "Checksum":
        """Read `Upload-Checksum`. Raises UploadInvalid."""
        algorithm, _, encoded = header.strip().partition(" ")
        if algorithm not in ALGORITHMS:
            raise UploadInvalid(f"Upload-Checksum: begin with one of {', '.join(ALGORITHMS)}")
        try:
            return cls(algorithm, base64.b64decode(encoded, validate=True))
        except binascii.Error:
            raise UploadInvalid("Upload-Checksum: the hash must follow in Base64") from None


class Receiver:
    """Receives announced files in pieces; `reserve` is how many bytes of the disk must stay free."""

    def __init__(self, database: Database, footage: FootageStore, finalizer: Finalizer, reserve: int) -> None:
        self._database = database
        self._footage = footage
        self._finalizer = finalizer
        self._reserve = reserve

    def find(self, scope: Scope, survey_id: UUID, file_id: UUID) -> SurveyFile:
        """Return the announced file. Raises UploadUnknown."""
        with self._database.read() as connection:
            file = survey_files.find_file(scope, connection, file_id)
        if file is None or file.survey_id != survey_id:
            raise UploadUnknown(f"survey {survey_id} has announced no file {file_id}")
        return file

    def offset(self, file: SurveyFile) -> int:
        """Return where the client has to go on; the size where nothing is wanted."""
        if file.state in SETTLED:
            return file.size
        received = self._footage.received(file.id)
        if received == 0 and file.received >= file.size:
            return file.size  # it is just being put in its place
        if received >= file.size > file.received:  # killed before it could say so
            self._note(file.id, received)
            self._finalizer.wake()
        return received

    async def receive(
        self, file: SurveyFile, offset: int, body: AsyncIterator[bytes], checksum: Checksum | None = None
    ) -> int:
        """Write what comes at its place; gives where the file ends now.

        A line that breaks keeps what has come: the client asks where to go on. Raises UploadProblem or NoRoom.
        """
        if file.state in SETTLED:
            if offset == file.size:
                return offset
            raise UploadMisplaced(f"'{file.name}' is {file.state}: no more bytes are expected")
        least = self._reserve
        if await run_in_threadpool(self._footage.free) < least:
            raise NoRoom("less disk space is left than STREETWARDEN_MIN_FREE_MB asks for; what was received is kept")
        with self._footage.coming(file.id) as partial:
            if partial.size != offset:
                raise UploadMisplaced(f"'{file.name}' goes on at byte {partial.size}, not at {offset}")
            try:
                await _pour(partial, body, offset, file, checksum)
            finally:
                await run_in_threadpool(partial.flush)
                ends = partial.size
                await run_in_threadpool(self._note, file.id, ends)
        self._finalizer.wake()
        return ends

    def begin_again(self, file: SurveyFile) -> int:
        """Forget what has come of a file of which a part is missing; gives where it goes on. Raises UploadBusy."""
        ends = self.offset(file)
        if 0 < ends < file.size:
            self._footage.discard(file.id)
            self._note(file.id, 0)
            return 0
        return ends

    def terminate(self, file: SurveyFile) -> None:
        """Forget what has come of a file; it is still wanted, from its first byte. Raises UploadProblem."""
        if file.state in SETTLED:
            raise UploadMisplaced(f"'{file.name}' is {file.state} and stays")
        self._footage.discard(file.id)
        self._note(file.id, 0)

    def _note(self, file_id: UUID, received: int) -> None:
        with self._database.write() as connection:
            survey_files.set_received(EVERYWHERE, connection, file_id, received)


async def _pour(
    partial: Partial, body: AsyncIterator[bytes], start: int, file: SurveyFile, checksum: Checksum | None
) -> None:
    digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
    gathered, at = bytearray(), start

    async def write() -> None:
        nonlocal gathered, at
        content, gathered = bytes(gathered), bytearray()
        if digest is not None:
            digest.update(content)
        await run_in_threadpool(partial.write, content, at)
        at += len(content)

    try:
        async for piece in _until_silent(body):
            if at + len(gathered) + len(piece) > file.size:
                raise UploadTooLong(f"'{file.name}' was announced with {file.size} bytes; more were sent")
            gathered += piece
            if len(gathered) >= BUFFER:
                await write()
    except (ClientDisconnect, TimeoutError):
        await write()
        return
    await write()
    if checksum is not None and digest is not None and digest.digest() != checksum.digest:
        await run_in_threadpool(partial.truncate, start)
        raise ChecksumWrong(f"'{file.name}': these bytes are not those of Upload-Checksum; send them again")


async def _until_silent(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what comes. Raises TimeoutError where it is less than LEAST in SILENCE seconds of waiting for it."""
    clock = asyncio.get_running_loop().time
    waited, come = 0.0, 0
    while True:
        begun = clock()
        try:
            async with asyncio.timeout(SILENCE - waited):
                piece = await anext(body)
        except StopAsyncIteration:
            return
        waited, come = waited + clock() - begun, come + len(piece)
        if come >= LEAST:
            waited, come = 0.0, 0
        yield piece
