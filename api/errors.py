"""What can go wrong in the service.

ApiError
├── SettingsInvalid        a setting is missing, malformed, or unsafe where it is used
├── SecretUnreadable       what is encrypted in the database cannot be read with the keys that are set
├── ManyRemoved            an import would remove many cameras, and nobody said that it may
├── DiscoveryFailed        the network cannot be asked for cameras, or what was found cannot be written
├── ExtraMissing           a part that is installed separately is not there
├── PortTaken              the address to listen on is not available
├── SamplesMissing         the demo's footage or script is not there, or is not what it should be
├── EvidenceError
│   ├── EvidenceDiskFull   no room left for evidence; nothing was stored
│   ├── EvidenceUnwritable the evidence folder cannot be written
│   └── EvidenceDamaged    a stored file is missing, or is no longer what was stored
├── FootageMissing         a worker does not find the folder of uploaded footage
├── WorkerRefused          a survey worker cannot work: a model, an engine or the rulebook is not what it should be
├── LeaseLost              a process wrote to a chunk or a camera that another has by now; nothing was stored
├── CardUnreadable         a folder of footage, or a file in it, cannot be read or changes while it is sent
├── PushFailed             the service that shall take footage cannot be reached, or says no
├── BackupFailed           a backup cannot be made, is not whole, or cannot be put back here
├── DatabaseUnavailable    the database cannot be opened, read or written
├── DatabaseVersionMismatch the database's tables are older or newer than this program
├── Problem                answered to the caller as an RFC 9457 problem document
│   ├── NotSignedIn        401: no session, and no API key that holds
│   ├── LoginRefused       403: login and password do not belong together, or a link was used
│   ├── IdentityRefused    403: the identity provider's answer does not hold
│   ├── Forbidden          403: the role does not allow it
│   ├── ReasonNeeded       403: an original or an export asks for a reason
│   ├── NotFound           404
│   ├── AlreadyDecided     409: this candidate is decided already
│   ├── LookedAtElsewhere  409: somebody else looks at this candidate now
│   ├── NotConfirmable     409: the evidence is missing or changed, or the camera's legal review had expired
│   ├── NotUndoable        409: there is no verdict, or it is too old, or it was handed on
│   ├── NotDead            409: only a delivery that was given up can be sent again
│   ├── CallbackForged     401: what a case system says of a case is not signed by it
│   ├── CallbackInvalid    422: a callback that says nothing that can be
│   ├── StepFault          a step of a case that was not taken
│   │   ├── StepRefused        409: a case cannot go from its status to the one that is asked for
│   │   ├── StepInvalid        422: without the name or the reason that it needs
│   │   └── PhotographRefused  422: a photograph that is none
│   ├── NotMoved           409: only of a camera that was moved can the new view be accepted
│   ├── TrainingBusy       409: another training is under way
│   ├── TrainingNotRunning 409: what should be ended is not under way
│   ├── TrainingRefused    422: what is asked for cannot be trained; says why
│   ├── RulebookRefused    422: a version of the rulebook cannot be used; says why
│   ├── PromotionRefused   409: this version cannot be put in service, or another is being judged
│   ├── CursorInvalid      422
│   ├── PeriodInvalid      422: a period that ends before it begins, or one that cannot be
│   ├── AccountInvalid     422: a login, name, password, district or grade cannot be
│   ├── TooManyAttempts    429: too many failures to sign in
│   ├── LabelInvalid       422: a box that lies outside its picture, or a class that nobody knows
│   ├── FrameChanged       409: somebody else saved the labels of this frame meanwhile
│   ├── DatasetRefused     422: no version of a data set was made; holds each fault
│   ├── ManifestInvalid    422: what a survey announces cannot be
│   ├── NoRoom             507: the disk is full, or would be; what has come stays
│   ├── FootageUnwritable  500: the folder of uploaded footage cannot be written
│   ├── NotReady           503
│   ├── MaskingFailed      503: a picture cannot be masked, and so is not shown
│   ├── NotExportable      409: what may be no evidence is not taken away
│   └── UploadProblem      what a client of tus 1.0 is told
│       ├── UploadUnknown      404
│       ├── UploadMisplaced    409: the bytes do not belong where the file ends
│       ├── TusVersion         412
│       ├── UploadTooLong      413
│       ├── NotOffsetStream    415
│       ├── UploadInvalid      400: headers that cannot be
│       ├── UploadBusy         423: another request is sending this file
│       └── ChecksumWrong      460
└── DeliveryFault
    ├── CaseUnavailable    the case API could not be reached or asked for patience: try again
    ├── CaseRefused        the case API will never take this body
    └── EndpointFault      the address or the token is wrong: no case can be delivered
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType


class ApiError(Exception):
    """Base of every error that the service raises on purpose; its text is one line fit for a user."""


class SettingsInvalid(ApiError):
    """A setting is missing, malformed, or unsafe where it is used."""


class SecretUnreadable(ApiError):
    """What is encrypted in the database cannot be read with the keys that are set."""


class ManyRemoved(ApiError):
    """An import would remove many cameras, and nobody said that it may; the registry is as it was."""


class DiscoveryFailed(ApiError):
    """The network cannot be asked for cameras, or what was found cannot be written."""


class ExtraMissing(ApiError):
    """A part that is installed separately is not there."""


class PortTaken(ApiError):
    """The address to listen on is not available."""


class DataFolderRefused(ApiError):
    """Another service works on the data folder, or it cannot be written."""


class DistrictUnknown(ApiError):
    """A report is asked for of a district that no camera and no survey has, or had."""


class SamplesMissing(ApiError):
    """The demo's footage or script is not there, or is not what it should be."""


class EvidenceError(ApiError):
    """The evidence store cannot do what was asked."""


class EvidenceDiskFull(EvidenceError):
    """No room is left for evidence; nothing was stored."""


class EvidenceUnwritable(EvidenceError):
    """The evidence folder cannot be written."""


class EvidenceDamaged(EvidenceError):
    """A stored file is missing, or is no longer what was stored."""


class FootageMissing(ApiError):
    """A worker does not find the folder of uploaded footage."""


class WorkerRefused(ApiError):
    """A survey worker cannot work: a model, an engine or the rulebook is not what it should be."""


class LeaseLost(ApiError):
    """A process wrote to a chunk or a camera that another one has by now; nothing was stored."""


class CardUnreadable(ApiError):
    """A folder of footage, or a file in it, cannot be read or changes while it is sent."""


class PushFailed(ApiError):
    """The service that shall take footage cannot be reached, or says no."""


class BackupFailed(ApiError):
    """A backup cannot be made, is not whole, or cannot be put back here."""


class DatabaseUnavailable(ApiError):
    """The database cannot be opened, read or written: no server, no room, no right to the file."""


class DatabaseVersionMismatch(ApiError):
    """The tables of the database are older or newer than this program, or there are none."""


class Problem(ApiError):
    """Answered as a problem document: `name` ends its type, `title` never changes, the text is the detail."""

    status = 500
    name = "internal"
    title = "The service failed"
    headers: Mapping[str, str] = MappingProxyType({})


class NotSignedIn(Problem):
    """There is no session, and no API key that holds."""

    status = 401
    name = "not-signed-in"
    title = "Not signed in"
    headers = MappingProxyType({"WWW-Authenticate": "Bearer"})


class LoginRefused(Problem):
    """Login and password do not belong together, or a one-time link was used or has expired."""

    status = 403
    name = "login-refused"
    title = "Not signed in"


class IdentityRefused(Problem):
    """The identity provider did not sign this user in, or its answer does not hold."""

    status = 403
    name = "identity-refused"
    title = "Not signed in"


class Forbidden(Problem):
    """The role does not allow this."""

    status = 403
    name = "forbidden"
    title = "Not allowed"


class MaskingFailed(Problem):
    """A picture cannot be masked, and so is not shown."""

    status = 503
    name = "masking-failed"
    title = "The picture cannot be masked"


class NotExportable(Problem):
    """What may be no evidence is not taken away."""

    status = 409
    name = "not-exportable"
    title = "Not exportable"


class ReasonNeeded(Problem):
    """An original, or data that is taken away, asks for a reason."""

    status = 403
    name = "reason-needed"
    title = "A reason is needed"


class AccountInvalid(Problem):
    """A login, a name, a password, a district or a grade cannot be."""

    status = 422
    name = "invalid-request"
    title = "The request is not valid"


class TooManyAttempts(Problem):
    """Too many attempts to sign in failed; later ones are judged again."""

    status = 429
    name = "too-many-attempts"
    title = "Too many attempts"
    headers = MappingProxyType({"Retry-After": "900"})


class NotFound(Problem):
    """There is no such thing, or the caller may not know of it."""

    status = 404
    name = "not-found"
    title = "Not found"


class AlreadyDecided(Problem):
    """Somebody has decided this candidate."""

    status = 409
    name = "already-decided"
    title = "Already decided"


class LookedAtElsewhere(Problem):
    """Somebody else looks at this candidate now; it comes back when they leave it."""

    status = 409
    name = "leased"
    title = "Somebody else looks at it"


class NotConfirmable(Problem):
    """The candidate cannot become a case: its evidence is missing or changed, or must not be used."""

    status = 409
    name = "not-confirmable"
    title = "The candidate cannot be confirmed"


class NotUndoable(Problem):
    """There is no verdict, or it is too old, or it was handed on."""

    status = 409
    name = "not-undoable"
    title = "The verdict cannot be undone"


class NotDead(Problem):
    """Only a delivery that was given up can be sent again."""

    status = 409
    name = "not-dead"
    title = "The delivery was not given up"


class CallbackForged(Problem):
    """What a case system says of a case is not signed with its secret, or not within the last minutes."""

    status = 401
    name = "callback-forged"
    title = "The signature does not hold"


class CallbackInvalid(Problem):
    """A callback that is signed, and says nothing that can be."""

    status = 422
    name = "invalid-request"
    title = "The request is not valid"


class StepFault(Problem):
    """A step of a case that was not taken."""


class StepRefused(StepFault):
    """A case cannot go from its status to the one that is asked for."""

    status = 409
    name = "step-refused"
    title = "The case is not moved"


class StepInvalid(StepFault):
    """A step of a case that lacks what it needs: a name, or a reason that there is."""

    status = 422
    name = "invalid-request"
    title = "The request is not valid"


class PhotographRefused(StepFault):
    """A photograph that is none, or too large."""

    status = 422
    name = "photograph-refused"
    title = "The photograph was refused"


class NotMoved(Problem):
    """Only of a camera that was moved can the new view be accepted."""

    status = 409
    name = "not-moved"
    title = "The camera was not moved"


class TrainingBusy(Problem):
    """Another training is under way on this machine."""

    status = 409
    name = "training-busy"
    title = "Another training is under way"


class TrainingNotRunning(Problem):
    """The training that should be ended is not under way."""

    status = 409
    name = "training-not-running"
    title = "This training is not under way"


class TrainingRefused(Problem):
    """What is asked for cannot be trained: a data set, a base, or this machine does not allow it."""

    status = 422
    name = "training-refused"
    title = "This cannot be trained"


class RulebookRefused(Problem):
    """A version of the rulebook cannot be put in force or replayed: it cannot be read, or not from then on."""

    status = 422
    name = "rulebook-refused"
    title = "This version of the rulebook cannot be used"


class PromotionRefused(Problem):
    """A version that cannot be put in service, or taken out of it, now; nothing was changed."""

    status = 409
    name = "promotion-refused"
    title = "Not put in service"


class CursorInvalid(Problem):
    """The cursor was not made by this service."""

    status = 422
    name = "invalid-request"
    title = "The request is not valid"


class NotReady(Problem):
    """The service cannot do its work now."""

    status = 503
    name = "not-ready"
    title = "Not ready"
    headers = MappingProxyType({"Retry-After": "5"})


class PeriodInvalid(Problem):
    """A period of figures ends before it begins, or cannot be; `fault` is the code of what is wrong."""

    status = 422
    name = "invalid-request"
    title = "The request is not valid"

    def __init__(self, detail: str, fault: str) -> None:
        super().__init__(detail)
        self.fault = fault


class ManifestInvalid(Problem):
    """What a survey announces cannot be: names that clash, or that are none."""

    status = 422
    name = "invalid-request"
    title = "The request is not valid"


class LabelInvalid(Problem):
    """A box that lies outside its picture or has no area, or a class that nobody knows."""

    status = 422
    name = "invalid-label"
    title = "The label is not valid"


class FrameChanged(Problem):
    """Somebody else saved the labels of this frame meanwhile; theirs stay."""

    status = 409
    name = "frame-changed"
    title = "The frame was changed meanwhile"


class DatasetRefused(Problem):
    """No version of a data set was made; `faults` are one line each: file, line, what is wrong."""

    status = 422
    name = "dataset-refused"
    title = "The data set was refused"

    def __init__(self, message: str, faults: tuple[str, ...] = ()) -> None:
        self.faults = faults
        super().__init__(message)


class NoRoom(Problem):
    """The disk is full, or would be; what has come stays, and goes on when there is room."""

    status = 507
    name = "no-room"
    title = "No room left"


class FootageUnwritable(Problem):
    """The folder of uploaded footage cannot be written."""

    status = 500
    name = "footage-unwritable"
    title = "Footage cannot be stored"


class UploadProblem(Problem):
    """What a client of tus 1.0 is told; every answer names the version."""

    headers = MappingProxyType({"Tus-Resumable": "1.0.0"})


class UploadUnknown(UploadProblem):
    """No such file was announced."""

    status = 404
    name = "not-found"
    title = "Not found"


class UploadMisplaced(UploadProblem):
    """The bytes do not belong where the file ends."""

    status = 409
    name = "wrong-offset"
    title = "Not where the file ends"


class TusVersion(UploadProblem):
    """The request is not of the version of tus that the service supports."""

    status = 412
    name = "tus-version"
    title = "Another version of tus"
    headers = MappingProxyType({"Tus-Resumable": "1.0.0", "Tus-Version": "1.0.0"})


class UploadTooLong(UploadProblem):
    """More bytes than were announced."""

    status = 413
    name = "too-long"
    title = "More than was announced"


class NotOffsetStream(UploadProblem):
    """The body is not of the type that tus prescribes."""

    status = 415
    name = "not-offset-stream"
    title = "Another type of body"


class UploadInvalid(UploadProblem):
    """A header of the upload cannot be."""

    status = 400
    name = "invalid-upload"
    title = "The upload's headers are not valid"


class UploadBusy(UploadProblem):
    """Another request is sending this file."""

    status = 423
    name = "upload-busy"
    title = "The file is being sent"


class ChecksumWrong(UploadProblem):
    """The bytes of this request are not those that the client meant; none of them was kept."""

    status = 460
    name = "checksum-wrong"
    title = "Checksum mismatch"


class DeliveryFault(ApiError):
    """A case was not taken; `status` is the HTTP status, None where none came."""

    def __init__(self, message: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


class CaseUnavailable(DeliveryFault):
    """The case API could not be reached or asked for patience; `retry_after` is what it asked for."""

    def __init__(self, message: str, status: int | None = None, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message, status)


class CaseRefused(DeliveryFault):
    """The case API will never take this body."""


class EndpointFault(DeliveryFault):
    """The address or the token is wrong: no case can be delivered until a person mends it."""
