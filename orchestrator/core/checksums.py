"""Numbers that prove themselves: payment cards, bank accounts, and identity numbers with a check digit.

Each function takes the characters without separators and says whether they fit; the sources are the public rules of
ISO/IEC 7812 (Luhn), ISO 13616 (IBAN), ISO 7064 (German tax id, Chinese resident id) and of the issuing states.
"""

from __future__ import annotations

import re

_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "CH": 21,
    "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24,
    "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29,
    "VG": 24, "XK": 20,
}  # fmt: skip
_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12,
                 14, 16, 10, 22, 25, 24, 23), strict=True))  # fmt: skip


def luhn(digits: str) -> bool:
    """ISO/IEC 7812."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        digit = int(char) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def card(digits: str) -> bool:
    """A payment card: 13 to 19 digits of an issuer's range, with Luhn's check digit."""
    if not 13 <= len(digits) <= 19 or len(set(digits)) < 2:
        return False
    first2, first4 = int(digits[:2]), int(digits[:4])
    issued = (
        digits[0] == "4"
        or 51 <= first2 <= 55
        or 2221 <= first4 <= 2720
        or first2 in (34, 37, 35, 36, 38, 62, 65, 67, 50, 56, 58)
        or first4 == 6011
        or 644 <= int(digits[:3]) <= 649
    )
    return issued and luhn(digits)


def iban(text: str) -> bool:
    """ISO 13616: the country's length, and 1 modulo 97."""
    if _IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    moved = text[4:] + text[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def pesel(digits: str) -> bool:
    """Poland: eleven digits that begin with a date."""
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    total = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))
    return 1 <= month <= 12 and 1 <= day <= 31 and (10 - total % 10) % 10 == int(digits[10])


def german_tax(digits: str) -> bool:
    """Germany's Steuer-Identifikationsnummer: ISO 7064 modulo 11, 10; among the first ten, digits repeat just so."""
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    if digits[0] == "0" or counts[-1] not in (2, 3) or counts.count(1) != len(counts) - 1:
        return False
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def cpf(digits: str) -> bool:
    """Brazil: two check digits."""
    if len(set(digits)) == 1:
        return False
    for length in (9, 10):
        total = sum(int(digit) * (length + 1 - place) for place, digit in enumerate(digits[:length]))
        if total * 10 % 11 % 10 != int(digits[length]):
            return False
    return True


def nir(text: str) -> bool:
    """France: thirteen digits (Corsica's departments have a letter) and the key modulo 97."""
    number = text[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(text[13:])


def dni(text: str) -> bool:
    """Spain's DNI and NIE: the letter is the number modulo 23."""
    number = text[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return number.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1]


def codice_fiscale(text: str) -> bool:
    """Italy: the last letter checks the fifteen before it."""
    total = 0
    for place, char in enumerate(text[:15]):
        even = int(char) if char.isdigit() else ord(char) - ord("A")
        total += _ODD[char] if place % 2 == 0 else even
    return chr(ord("A") + total % 26) == text[15]


def chinese_id(text: str) -> bool:
    """China's resident id: ISO 7064 modulo 11, 2, with a date inside."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(digit) for weight, digit in zip(weights, text, strict=False))
    return re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", text[6:14]) is not None and (
        "10X98765432"[total % 11] == text[17]
    )


def bsn(digits: str) -> bool:
    """The Netherlands: the test of eleven. One number in eleven passes: only with the word before it."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return total % 11 == 0 and digits != "000000000"
