"""What several domains' pages name: classes of objects, kinds of zones, hours, and rulings where ids are no words."""

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
    "shop_front": N_("shop front"),
    "pavement": N_("pavement"),
    "no_advertising": N_("area without advertising"),
    "school": N_("school"),
    "junction": N_("junction"),
    "bus_stop": N_("bus stop"),
    "shop_line": N_("shop line"),
    "kerb": N_("kerb"),
    "wall": N_("facade"),
    "view": N_("the view of the camera"),
}
HOURS: Final = {
    "to": N_("%(first)s through %(last)s"),
    "past midnight": N_("%(start)s–%(end)s the next day"),
    "holidays": N_("public holidays"),
    "off": N_("never"),
    "always": N_("at any hour"),
}
RULINGS: Final = {
    "inside_zone": N_("in this area: %(zone)s"),
    "position_uncertain": N_("the position is uncertain by %(error_m)s m: it may stand inside or outside of %(zone)s"),
    "stood_too_long": N_("has stood %(dwell_s)s; the limit of %(allowed_s)s is reached"),
}
NO_RULE: Final = N_("No rule applies")
ERRORS: Final = {
    401: (N_("Sign in first"), N_("This page is for people who have signed in.")),
    403: (
        N_("You may not do this"),
        N_("Your role does not allow it, or not for what is of all districts. Ask an administrator."),
    ),
    404: (N_("There is no such page"), N_("It is not there, or it is not of your districts and grade.")),
    405: (N_("This cannot be done here"), N_("The address is right, but not for what was asked of it.")),
    409: (
        N_("This is not possible now"),
        N_("What you wanted to change is not as it was, or may not be changed. Go back and look again."),
    ),
    422: (
        N_("The request cannot be understood"),
        N_("Something in the address or in the form is not as it should be."),
    ),
    429: (N_("Too many attempts"), N_("Wait a while and try again.")),
    500: (N_("The service failed"), N_("The fault was logged. Please try again.")),
    503: (
        N_("Not available at the moment"),
        N_("The service or its database does not answer. Try again in a few seconds."),
    ),
}
ERRORS_BY_NAME: Final = {
    "reason-needed": (N_("A reason is needed"), N_("Go back and say why, in 3 to 200 characters: it is recorded.")),
}
