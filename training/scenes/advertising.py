"""What boards say and in which colours."""

from training.scenes.block import Colour

SLOGANS: tuple[tuple[str, str], ...] = (
    ("清仓大甩卖", "CLEARANCE SALE"),
    ("开业大吉", "GRAND OPENING"),
    ("新鲜水果", "FRESH FRUIT"),
    ("全场八折", "20% OFF"),
    ("招租热线", "TO LET"),
    ("手机维修", "PHONE REPAIR"),
    ("欢迎光临", "WELCOME"),
    ("早餐豆浆", "BREAKFAST"),
    ("美容美发", "HAIR & BEAUTY"),
    ("房产中介", "REAL ESTATE"),
    ("烟酒超市", "SUPERMARKET"),
    ("五金建材", "HARDWARE"),
    ("羊肉烩面", "MUTTON NOODLES"),
    ("快递驿站", "PARCELS"),
)
BOARDS: tuple[tuple[Colour, Colour], ...] = (
    ((190, 24, 26), (255, 222, 80)),
    ((24, 70, 150), (250, 250, 250)),
    ((18, 110, 66), (250, 250, 240)),
    ((240, 196, 40), (140, 20, 20)),
    ((245, 245, 240), (180, 30, 30)),
    ((40, 40, 44), (250, 210, 90)),
    ((110, 40, 120), (255, 240, 250)),
)
