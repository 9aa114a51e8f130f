"""How much a token looks like words put together, and how little like a key: by the pairs of its characters.

Each pair of neighbours counts for or against: two letters by how much more often they follow each other in names and
English than by chance (`_PAIRS`, log2 of that, counted over this project, Debian's package descriptions and its file
names), a digit beside a letter against, a capital in the middle of a word against. The mean is above 0 for words and
names (59 of 24,006 distinct tokens of 20 and more characters in that text are not), and below it for random text (less
than 1 in 1,000 tokens of base 62, 64 or 36 is not; 4 in 1,000 of base 32; one in 60 of small letters alone).
"""

from __future__ import annotations

import re

_PAIRS = (
    "36763462615768271878554353"  # a
    "65656564654653641553611332"  # b
    "73547327516652840657522230"  # c
    "65458442723543640553533131"  # d
    "75776553423768464987455642"  # e
    "52335510700531620544401130"  # f
    "52447344602545540654522121"  # g
    "62337200600332620435401040"  # h
    "69766661313769762677251405"  # i
    "41324110300021320141310000"  # j
    "52336231501333430353312020"  # k
    "73458331903732740265542252"  # l
    "75337321602552661253521120"  # m
    "63677582624435640278541231"  # n
    "55662462434778661866655421"  # o
    "72437335603632650756512140"  # p
    "00000000000300000002500000"  # q
    "83558442705465750566542050"  # r
    "63647336705553663368634250"  # s
    "73548426814542750766523252"  # t
    "55555340512657250666110302"  # u
    "51227111600141310122100010"  # v
    "50125113501223410342000000"  # w
    "31324201400230240235101321"  # x
    "32323120300334350254201001"  # y
    "30005100300210200010000022"  # z
)
_NEUTRAL = 5
_DIGIT_BESIDE_LETTER, _CAPITAL_INSIDE = -2.0, -4.0
_PIECE = re.compile(r"[A-Za-z0-9]+")
_SHORTEST = 4  # of several pieces, shorter ones say nothing


def likeness(token: str) -> float:
    """Above 0: words. Below: random. Without two neighbours to look at, far above."""
    total, pairs = 0.0, 0
    for piece in _PIECE.findall(token):
        if len(piece) >= _SHORTEST or len(piece) == len(token):
            total += sum(_pair(piece, index) for index in range(1, len(piece)))
            pairs += len(piece) - 1
    return total / pairs if pairs else 9.0


def _pair(piece: str, index: int) -> float:
    left, right = piece[index - 1], piece[index]
    if left.isdigit() or right.isdigit():
        return 0.0 if left.isdigit() and right.isdigit() else _DIGIT_BESIDE_LETTER
    if left.islower() and right.isupper():
        word = piece[index + 1 : index + 3]
        return 0.0 if len(word) == 2 and word.islower() else _CAPITAL_INSIDE
    level = int(_PAIRS[(ord(left.lower()) - 97) * 26 + ord(right.lower()) - 97]) - _NEUTRAL
    inside = left.isupper() and right.islower() and index >= 2 and piece[index - 2].isupper()
    return float(level - 1 if inside else level)
