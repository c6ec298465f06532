"""tus 1.0 (https://tus.io/protocols/resumable-upload) with the extensions creation, checksum and termination.

A file can be sent once a survey has announced it. Its address is in the answer to the manifest; a client that knows
only `/surveys/{id}/files` asks for it by name, as the creation extension has it.
"""

import base64
import binascii
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, status
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.dependencies import CurrentScope, Db, MayUpload
from api.errors import NotOffsetStream, TusVersion, UploadInvalid, UploadUnknown
from api.surveys import files as survey_files
from api.surveys.dependencies import Uploads
from api.surveys.manifest import clean
from api.surveys.schemas import MAX_SIZE, upload_path
from api.surveys.upload.receiver import ALGORITHMS, Checksum
from api.web.problems import problem_responses

VERSION = "1.0.0"
STREAM = "application/offset+octet-stream"
EXTENSIONS = "creation,checksum,termination"
BODY: dict[str, Any] = {  # as FastAPI types it
    "requestBody": {"required": True, "content": {STREAM: {"schema": {"type": "string", "format": "binary"}}}}
}
Bytes = Annotated[int, Header(ge=0, le=MAX_SIZE)]


def speaks_tus(tus_resumable: Annotated[str, Header(description="The version of tus: 1.0.0.")] = "") -> None:
    """Every request but OPTIONS names the version. Raises TusVersion."""
    if tus_resumable != VERSION:
        raise TusVersion(f"Tus-Resumable: this service speaks {VERSION}")


router = APIRouter(tags=["uploads"])
Tus = Depends(speaks_tus)


@router.options("/surveys/{survey_id}/files", status_code=status.HTTP_204_NO_CONTENT, responses=problem_responses(422))
def describe_uploads(survey_id: UUID) -> Response:
    """Return what of tus is spoken here."""
    return _answer(
        204,
        **{
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(MAX_SIZE),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


@router.post(
    "/surveys/{survey_id}/files",
    dependencies=[MayUpload, Tus],
    response_class=Response,
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(400, 403, 404, 412, 413, 422, 423),
)
def find_upload(
    scope: CurrentScope,
    database: Db,
    uploads: Uploads,
    survey_id: UUID,
    upload_length: Bytes,
    upload_metadata: Annotated[str, Header()],
) -> Response:
    """Return where an announced file is taken (tus calls this creation).

    `filename` of the metadata is its name, else `name`.

    A client that creates an upload sends it from its first byte: what has come of half a file is forgotten.
    """
    metadata = _metadata(upload_metadata)
    name = clean(metadata.get("filename") or metadata.get("name", ""))
    with database.read() as connection:
        file = survey_files.find_by_name(scope, connection, survey_id, name)
    if file is None:
        raise UploadUnknown(f"survey {survey_id} has announced no file of this name; put it into the manifest first")
    if file.size != upload_length:
        raise UploadInvalid(f"Upload-Length: '{file.name}' was announced with {file.size} bytes")
    begins = uploads.begin_again(file)
    return _answer(201, Location=upload_path(file), **{"Upload-Offset": str(begins)})


@router.head(
    "/surveys/{survey_id}/files/{file_id}", dependencies=[MayUpload, Tus], response_class=Response,
    responses={status: {"description": "No such file, or no tus"} for status in (404, 412, 422)},
)  # fmt: skip
def ask_offset(scope: CurrentScope, uploads: Uploads, survey_id: UUID, file_id: UUID) -> Response:
    """Return where to go on."""
    file = uploads.find(scope, survey_id, file_id)
    return _answer(200, **{"Upload-Offset": str(uploads.offset(file)), "Upload-Length": str(file.size)})


@router.patch(
    "/surveys/{survey_id}/files/{file_id}",
    dependencies=[MayUpload, Tus],
    response_class=Response,
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(400, 403, 404, 409, 412, 413, 415, 422, 423, 460, 507),
    openapi_extra=BODY,
)
async def receive(
    scope: CurrentScope,
    uploads: Uploads,
    request: Request,
    survey_id: UUID,
    file_id: UUID,
    upload_offset: Bytes,
    content_type: Annotated[str, Header()] = "",
    upload_checksum: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Take the bytes that follow; what came before a line broke stays."""
    if content_type.partition(";")[0].strip().lower() != STREAM:
        raise NotOffsetStream(f"Content-Type: send {STREAM}")
    checksum = Checksum.of(upload_checksum) if upload_checksum is not None else None
    file = await run_in_threadpool(uploads.find, scope, survey_id, file_id)
    ends = await uploads.receive(file, upload_offset, request.stream(), checksum)
    return _answer(204, **{"Upload-Offset": str(ends)})


@router.delete(
    "/surveys/{survey_id}/files/{file_id}",
    dependencies=[MayUpload, Tus],
    response_class=Response,
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(403, 404, 409, 412, 422, 423),
)
def terminate(scope: CurrentScope, uploads: Uploads, survey_id: UUID, file_id: UUID) -> Response:
    """Forget what has come of a file. It is still announced, and may be sent from its first byte."""
    uploads.terminate(uploads.find(scope, survey_id, file_id))
    return _answer(204)


@router.post(
    "/surveys/{survey_id}/files/{file_id}",
    dependencies=[MayUpload, Tus],
    response_class=Response,
    include_in_schema=False,
)
async def receive_overridden(
    scope: CurrentScope,
    uploads: Uploads,
    request: Request,
    survey_id: UUID,
    file_id: UUID,
    x_http_method_override: Annotated[str, Header()] = "",
    upload_offset: Annotated[int | None, Header(ge=0, le=MAX_SIZE)] = None,
    content_type: Annotated[str, Header()] = "",
    upload_checksum: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Handle the other methods, for clients whose proxies pass POST alone (tus 1.0, X-HTTP-Method-Override)."""
    match x_http_method_override.strip().upper():
        case "PATCH":
            if upload_offset is None:
                raise UploadInvalid("Upload-Offset: say at which byte the file goes on")
            return await receive(
                scope, uploads, request, survey_id, file_id, upload_offset, content_type, upload_checksum
            )
        case "DELETE":
            return await run_in_threadpool(terminate, scope, uploads, survey_id, file_id)
        case "HEAD":
            return await run_in_threadpool(ask_offset, scope, uploads, survey_id, file_id)
        case _:
            raise HTTPException(405, headers={"Allow": "HEAD, PATCH, DELETE"})


def _answer(status_code: int, **headers: str) -> Response:
    return Response(status_code=status_code, headers={"Tus-Resumable": VERSION, **headers})


def _metadata(header: str) -> dict[str, str]:
    """`Upload-Metadata`: keys with values in Base64. Raises UploadInvalid."""
    values = {}
    for part in header.split(","):
        key, _, encoded = part.strip().partition(" ")
        try:
            values[key] = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise UploadInvalid("Upload-Metadata: values are UTF-8 text in Base64") from None
    return values
