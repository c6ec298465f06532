"""From an export of a labelling tool to the next version of a data set.

The first import parts the pictures; what it holds out is frozen from then on. Later imports add pictures to train on,
and none of a place that is held out. `grow` is the only act that adds to what is held out.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from detector.errors import PictureUnreadable
from detector.vision.pixels import read_picture
from training.datasets.group_split import Unparted, group_of, split, tile_of
from training.datasets.import_archive import unpacked
from training.datasets.import_formats import Format, read_export
from training.datasets.import_tables import PICTURES_TABLE, PictureFacts, read_class_names, read_picture_facts
from training.datasets.interchange import Export, ForeignPicture, NamedBox, Side
from training.datasets.layouts import unwrapped
from training.datasets.manifest import UNKNOWN, Box, DatasetAct, DatasetManifest, Picture, PictureWhere
from training.datasets.version_store import latest, locked, picture_files, verify_version, versions, write_version
from training.errors import DatasetInvalid, ImportFaults
from training.runs.schedule import schedule_for

_SAME_SHAPE = 0.02  # by which the shapes of two pictures may differ: rounding to whole pixels


@dataclass(frozen=True, slots=True)
class ImportWish:
    """What a person says of an import. `classes` and `pictures` are files (`import_tables`)."""

    name: str
    by: str
    format: Format = "auto"
    view: str = "street"
    classes: Path | None = None
    pictures: Path | None = None
    licence: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The version that was made, what it holds, and what to know of it, one line each."""

    folder: Path
    manifest: DatasetManifest
    added: int
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Incoming:
    """One picture on its way in: checked, hashed, its classes in our words."""

    path: Path
    name: str
    sha256: str
    size: tuple[int, int]
    boxes: tuple[NamedBox, ...]
    facts: PictureFacts
    side: Side | None


@dataclass(slots=True)
class _Notes:
    lines: list[str] = field(default_factory=list)

    def count(self, number: int, text: str) -> None:
        if number:
            self.lines.append(f"{number} pictures {text}")


def import_export(source: Path, root: Path, wish: ImportWish, at: datetime) -> ImportResult:
    """Read an export (a folder or ZIP) and write it as the next version of `root/NAME`.

    Raises:
        ImportFaults: faults in the export, each with file and line; nothing was imported.
        DatasetInvalid: the ZIP, a table, or the data set so far cannot be used; nothing was imported.
    """
    schedule_for(wish.view)  # a view that nothing can be trained for is refused
    with locked(root, wish.name), unpacked(source, root) as outer:
        folder = unwrapped(outer)
        export = read_export(folder, wish.format)
        notes = _Notes(list(export.notes))
        before = versions(root, wish.name)
        earlier = verify_version(before[-1]) if before else None
        if earlier is not None and earlier.view != wish.view:
            raise DatasetInvalid(
                f"{before[-1]}: shows streets from {earlier.view!r}, not {wish.view!r}: import by --name"
            )
        incoming = _read(folder, source, export, wish, earlier, notes)
        act = DatasetAct(kind="import", by=wish.by, at=at, note=f"{export.format}: {source.name}"[:200])
        if earlier is None:
            manifest = _first(incoming, _class_order(export, wish), wish, act, notes)
        else:
            manifest = _next(incoming, earlier, wish, act, notes)
        files = {one.sha256: one.path for one in incoming}
        if earlier is not None:
            files |= picture_files(before[-1], earlier)
        added = len(manifest.pictures) - (len(earlier.pictures) if earlier else 0)
        return ImportResult(write_version(root, manifest, files), manifest, added, tuple(notes.lines))


def grow(root: Path, name: str, places: Sequence[str], by: str, why: str, at: datetime) -> ImportResult:
    """Hold out everything of these places, cameras or days from now on: the named act by which the frozen side grows.

    Raises:
        DatasetInvalid: nothing of a place is trained on, or nothing would be left to train on.
    """
    with locked(root, name):
        folder = latest(root, name)
        earlier = verify_version(folder)
        wanted = {kind + place for place in places for kind in ("", "place ", "camera ", "day ", "tile ")}
        moved = {one.group for one in earlier.of("train") if one.group in wanted}
        missing = [one for one in places if not any(group.endswith(one) for group in moved)]
        if missing:
            raise DatasetInvalid(f"data set {name}: no picture of {missing[0]!r} is trained on; nothing was changed")
        if not any(one.group not in moved for one in earlier.of("train")):
            raise DatasetInvalid(f"data set {name}: nothing would be left to train on; nothing was changed")
        pictures = tuple(
            one.model_copy(update={"side": "val"}) if one.group in moved else one for one in earlier.pictures
        )
        act = DatasetAct(kind="grow", by=by, at=at, note=why)
        manifest = _following(earlier, pictures, earlier.classes, act)
        added = len(manifest.of("val")) - len(earlier.of("val"))
        return ImportResult(write_version(root, manifest, picture_files(folder, earlier)), manifest, added, ())


def _read(
    folder: Path, source: Path, export: Export, wish: ImportWish, earlier: DatasetManifest | None, notes: _Notes
) -> list[_Incoming]:
    """Return every picture of the export, or ImportFaults with all that is wrong."""
    names = read_class_names(wish.classes) if wish.classes else {}
    table = wish.pictures or (folder / PICTURES_TABLE if (folder / PICTURES_TABLE).is_file() else None)
    facts = read_picture_facts(table) if table else {}
    _check_classes(export, names, wish, earlier)
    found: dict[str, _Incoming] = {}
    for one in export.pictures:
        try:
            picture = _incoming(one, folder, names, facts, wish)
        except (PictureUnreadable, DatasetInvalid) as error:
            export.fault(str(error))
            continue
        same = found.get(picture.sha256)
        if same is not None and set(same.boxes) != set(picture.boxes):
            export.fault(f"{one.path}: is the same picture as {same.path}, and is labelled otherwise")
        found.setdefault(picture.sha256, picture)
    notes.count(len(export.pictures) - len(found), "stand there twice, once is enough")
    if export.faults:
        raise _faults(export, source, folder)
    if not found:
        raise DatasetInvalid(f"{source}: holds no labelled picture")
    return list(found.values())


def _faults(export: Export, source: Path, folder: Path) -> ImportFaults:
    # a ZIP was unpacked somewhere: what a person knows is the name inside of it
    said = tuple(fault if source.is_dir() else fault.replace(f"{folder}/", "") for fault in export.faults)
    count = len(said) + export.more_faults
    return ImportFaults(f"{source}: {count} fault{'s' if count > 1 else ''}; nothing was imported: {said[0]}", said)


def _check_classes(
    export: Export, names: Mapping[str, str | None], wish: ImportWish, earlier: DatasetManifest | None
) -> None:
    unused = sorted(set(names) - set(export.classes))
    if unused:
        raise DatasetInvalid(f"{wish.classes}: {unused[0]!r} is no class of the export; it has {_list(export.classes)}")
    used = {box.name for one in export.pictures for box in one.boxes}  # exports list classes that no box has
    mapped = [names.get(name, name) for name in export.classes if name in used]
    if earlier is None or wish.classes is not None:
        return
    strangers = [name for name in mapped if name not in earlier.classes]
    if strangers:
        raise DatasetInvalid(
            f"data set {wish.name} does not know {_list(strangers)}; it has {_list(earlier.classes)}: "
            "map their names to its own with --classes, or name them there to add them"
        )


def _incoming(
    one: ForeignPicture,
    folder: Path,
    names: Mapping[str, str | None],
    facts: Mapping[str, PictureFacts],
    wish: ImportWish,
) -> _Incoming:
    image = read_picture(one.path)
    _check_size(one, (image.shape[1], image.shape[0]))
    name = one.path.resolve().relative_to(folder.resolve()).as_posix()  # the readers give none outside
    known = facts.get(name) or facts.get(one.path.name) or PictureFacts(PictureWhere())
    known = replace(
        known,
        licence=(known.licence or one.licence or wish.licence or UNKNOWN)[:200],
        origin=(known.origin or wish.origin or "import")[:200],
    )
    boxes = tuple(
        NamedBox(ours, *(round(value, 6) for value in (box.x, box.y, box.width, box.height)))
        for box in one.boxes
        if (ours := names.get(box.name, box.name)) is not None
    )
    if any(box.width <= 0 or box.height <= 0 for box in boxes):
        raise DatasetInvalid(f"{one.path}: a box of less than a millionth of the picture; remove it")
    digest = hashlib.sha256(one.path.read_bytes()).hexdigest()
    return _Incoming(one.path, name, digest, (image.shape[1], image.shape[0]), boxes, known, one.side)


def _check_size(one: ForeignPicture, size: tuple[int, int]) -> None:
    """Refuse labels of a picture of another shape: they were drawn before it was turned or cut."""
    if one.labelled_size is None or not one.boxes:
        return
    width, height = one.labelled_size
    if abs(width * size[1] / (height * size[0]) - 1) > _SAME_SHAPE:
        raise DatasetInvalid(
            f"{one.path}: has {size[0]} x {size[1]} pixels, and its labels are of {width:g} x {height:g}: "
            "it was turned or cut since; export pictures and labels together"
        )


def _class_order(export: Export, wish: ImportWish) -> tuple[str, ...]:
    """Our class names in the order of the file that maps them, then in that of the export: a model's outputs follow."""
    names = read_class_names(wish.classes) if wish.classes else {}
    every = (*names.values(), *(names.get(name, name) for name in export.classes))
    return tuple(dict.fromkeys(name for name in every if name is not None))


def _first(
    incoming: Sequence[_Incoming], order: Sequence[str], wish: ImportWish, act: DatasetAct, notes: _Notes
) -> DatasetManifest:
    parted = split([_unparted(one) for one in incoming])
    if len(set(parted.sides)) < 2:
        raise DatasetInvalid(
            f"{act.note}: all pictures are of one {parted.by}; nothing can be held out: bring pictures of another"
        )
    notes.lines += parted.notes
    used = {box.name for one in incoming for box in one.boxes}
    classes = tuple(name for name in order if name in used)
    if not classes:
        raise DatasetInvalid(f"{act.note}: no box on any picture")
    pictures = [
        _picture(one, classes, side, group)
        for one, side, group in zip(incoming, parted.sides, parted.groups, strict=True)
    ]
    for name in classes:
        sides = {one.side for one in pictures for box in one.boxes if classes[box.cls] == name}
        if len(sides) < 2:
            missing = "held out" if "val" not in sides else "trained on"
            notes.lines.append(f"class {name} is not {missing}: label more of it in other places before training")
    return DatasetManifest(
        name=wish.name,
        number=1,
        view=wish.view,
        classes=classes,
        split_by=parted.by,
        acts=(act,),
        pictures=tuple(pictures),
    )


def _next(
    incoming: Sequence[_Incoming], earlier: DatasetManifest, wish: ImportWish, act: DatasetAct, notes: _Notes
) -> DatasetManifest:
    classes = tuple(dict.fromkeys((*earlier.classes, *(box.name for one in incoming for box in one.boxes))))
    pictures = {one.sha256: one for one in earlier.pictures}
    held_groups = {one.group for one in earlier.of("val")}
    held_cameras = {one.where.camera for one in earlier.of("val")} - {None}
    held_tiles = {tile_of(one.original) for one in earlier.of("val")}
    counts: Counter[str] = Counter()
    for one in incoming:
        known = pictures.get(one.sha256)
        group = group_of(_unparted(one), earlier.split_by)
        made = _picture(one, classes, "train", group)
        if known is not None and known.side == "val":
            counts["are held out already: left as they are"] += 1
            continue
        unplaced = one.facts.where.place is None and one.facts.where.camera in held_cameras
        if known is None and (group in held_groups or unplaced or tile_of(one.name) in held_tiles):
            counts["are of places that are held out: left out (`streetwarden dataset grow` holds them out, too)"] += 1
            continue
        if known is not None:
            counts[
                "were there already: their labels are the new ones" if known.boxes != made.boxes else "are known"
            ] += 1
        if one.side == "val":
            counts["are held out by the export, and are trained on: what is held out here stays as it was"] += 1
        pictures[one.sha256] = made
    for text, number in counts.items():
        notes.count(number, text)
    manifest = _following(earlier, tuple(pictures.values()), classes, act)
    if manifest.pictures == earlier.pictures:
        raise DatasetInvalid(f"data set {wish.name}: the export brings nothing new; no version was made")
    return manifest


def _following(
    earlier: DatasetManifest, pictures: tuple[Picture, ...], classes: tuple[str, ...], act: DatasetAct
) -> DatasetManifest:
    update = {
        "number": earlier.number + 1,
        "parent": earlier.version,
        "pictures": pictures,
        "classes": classes,
        "acts": (*earlier.acts, act),
    }
    return DatasetManifest.model_validate({**dict(earlier), **update})


def _unparted(one: _Incoming) -> Unparted:
    return Unparted(one.name, one.facts.where, frozenset(box.name for box in one.boxes), one.side)


def _picture(one: _Incoming, classes: tuple[str, ...], side: Side, group: str) -> Picture:
    # copies of one tile go on being known by their names, also to those who read the folder alone
    tile = hashlib.sha256(tile_of(one.name).encode()).hexdigest()[:12] + ".rf." if ".rf." in one.name else ""
    return Picture(
        sha256=one.sha256,
        file=f"{tile}{one.sha256[:20]}{one.path.suffix.lower()}",
        original=one.name,
        width=one.size[0],
        height=one.size[1],
        side=side,
        group=group[:300],
        where=one.facts.where,
        origin=one.facts.origin,
        licence=one.facts.licence,
        boxes=tuple(
            Box(cls=classes.index(box.name), x=box.x, y=box.y, width=box.width, height=box.height) for box in one.boxes
        ),
    )


def _list(names: Sequence[str | None]) -> str:
    return ", ".join(str(name) for name in names[:20]) or "none"
