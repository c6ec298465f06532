"""What several domains' pages name: classes of objects, and kinds of zones on a map."""

from typing import Final

from detector.reason import N_

CLASSES: Final = {
    "stall": N_("Street stall"),
    "signboard": N_("Shop sign"),
    "cantilever_sign": N_("Projecting sign"),
    "window_ad": N_("Window advertising"),
    "banner": N_("Banner"),
    "a_board": N_("Pavement board"),
    "window": N_("Window"),
    "door": N_("Door"),
    "arch": N_("Archway"),
    "billboard": N_("Billboard"),
    "goods_outside_shop": N_("Goods outside a shop"),
    "person": N_("Person"),
    "bicycle": N_("Bicycle"),
    "motorcycle": N_("Motorcycle"),
    "car": N_("Car"),
    "bus": N_("Bus"),
    "truck": N_("Truck"),
    "umbrella": N_("Umbrella"),
    "chair": N_("Chair"),
    "bench": N_("Bench"),
    "dining table": N_("Table"),
    "potted plant": N_("Potted plant"),
    "handbag": N_("Handbag"),
    "suitcase": N_("Suitcase"),
    "bottle": N_("Bottle"),
}
ZONE_KINDS: Final = {
    "main_road": N_("main road"),
    "secondary_road": N_("secondary road"),
    "back_street": N_("back street"),
    "permitted_site": N_("permitted site"),
}
