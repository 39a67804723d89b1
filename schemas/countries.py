"""Country codes: ISO 3166-1, and what to write instead of codes that are not assigned.

A code that is not assigned is accepted all the same: ISO changes, and a ballot must not be lost for
it. But its ballots form a country beside the real one, so senders and readers of boards are told.
"""

from typing import Final

_ASSIGNED: Final = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO
    BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ
    DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP
    GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG
    KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML
    MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE
    PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL
    SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM
    US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
CODES: Final = frozenset(_ASSIGNED.split())
"""Officially assigned alpha-2 codes. Source: ``iso3166.tab`` of the tz database (public domain),
as of ISO/TC 46 N1127 of 2024-02-29; a test compares them with the installed copy."""

ALSO: Final = frozenset({"XK", "ZZ"})
"""User-assigned codes in general use: Kosovo, and unknown (Unicode CLDR)."""

INSTEAD: Final[dict[str, str]] = {
    # Codes of the European institutions that differ from those of ISO.
    "UK": "GB",
    "EL": "GR",
    # Codes of former countries with one successor.
    "BU": "MM",
    "DD": "DE",
    "FX": "FR",
    "TP": "TL",
    "YD": "YE",
    "ZR": "CD",
    # Codes that others use for an unknown country. XX stands for several in the database `open`.
    "XX": "ZZ",
}
"""What to write instead of codes that senders are known to use."""


ASK: Final = "the code of the country, or ZZ where it is unknown"
"""What to write instead of any other."""


def country_advice(code: str) -> str | None:
    """What to write instead of a code of two capital letters; None: the code is right.

    >>> country_advice("FR") is None, country_advice("XK") is None
    (True, True)
    >>> country_advice("UK")
    'UK is no code of ISO 3166-1: write GB'
    """
    if code in CODES or code in ALSO:
        return None
    return advice(code, INSTEAD.get(code, ASK))


def advice(code: str, instead: str) -> str:
    """The sentence, without its full stop."""
    return f"{code} is no code of ISO 3166-1: write {instead}"
