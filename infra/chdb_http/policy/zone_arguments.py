"""Which arguments of the engine's functions are a time zone, or the name of a type.

Found by calling each function of the engine with a zone that does not exist; a test does so again
(`test_every_function_of_the_engine_that_takes_a_zone_is_known`). Names in lower case, aliases and
types with arguments included.
"""

from collections.abc import Iterable, Mapping
from typing import Final


def _by_name(places: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
    return {
        name: tuple(map(int, at.split())) for at, names in places.items() for name in names.split()
    }


ZONE_ARGUMENTS: Final = _by_name({
    "0": """
        current_timestamp localtimestamp now nowinblock
    """,
    "0 1": """
        datetime datetime32 datetime64 timestamp
    """,
    "1": """
        __toyearcalendaronly date day dayofmonth dayofyear from_utc_timestamp
        fromunixtimestamp64micro fromunixtimestamp64milli fromunixtimestamp64nano
        fromunixtimestamp64second fromutctimestamp hour last_day microsecond millisecond
        minute month nanosecond now64 nowinblock64 parsedatetime32besteffort
        parsedatetime32besteffortornull parsedatetime32besteffortorzero
        parsedatetimebesteffortus parsedatetimebesteffortusornull
        parsedatetimebesteffortusorzero quarter second timeslot timezoneoffset to_days
        to_utc_timestamp todate todate32 todatetime32 todatetimeornull todatetimeorzero
        todayofmonth todayofyear todaysinmonth todayssinceyearzero tohour toisoweek
        toisoyear tolastdayofmonth tomicrosecond tomillisecond tominute tomonday tomonth
        tomonthnumsinceepoch tonanosecond toquarter torelativedaynum torelativehournum
        torelativeminutenum torelativemonthnum torelativequarternum torelativesecondnum
        torelativeweeknum torelativeyearnum tosecond tostartofday
        tostartoffifteenminutes tostartoffiveminute tostartoffiveminutes tostartofhour
        tostartofisoyear tostartofmicrosecond tostartofmillisecond tostartofminute
        tostartofmonth tostartofnanosecond tostartofquarter tostartofsecond
        tostartoftenminutes tostartofyear tostring totime totimewithfixeddate totimezone
        tounixtimestamp toutctimestamp toyear toyearnumsinceepoch toyyyymm toyyyymmdd
        toyyyymmddhhmmss uuidv7todatetime year yyyymmddhhmmsstodatetime
    """,
    "1 2": """
        parsedatetimebesteffort parsedatetimebesteffortornull
        parsedatetimebesteffortorzero todatetime todatetimeordefault
    """,
    "2": """
        adddays addhours addmicroseconds addmilliseconds addminutes addmonths
        addnanoseconds addquarters addseconds addweeks addyears date_format date_trunc
        datename datetrunc dayofweek formatdatetime formatdatetimeinjodasyntax
        from_unixtime fromunixtimestamp fromunixtimestampinjodasyntax parsedatetime
        parsedatetime64 parsedatetime64besteffort parsedatetime64besteffortornull
        parsedatetime64besteffortorzero parsedatetime64besteffortus
        parsedatetime64besteffortusornull parsedatetime64besteffortusorzero
        parsedatetime64injodasyntax parsedatetime64injodasyntaxornull
        parsedatetime64injodasyntaxorzero parsedatetime64ornull parsedatetime64orzero
        parsedatetimeinjodasyntax parsedatetimeinjodasyntaxornull
        parsedatetimeinjodasyntaxorzero parsedatetimeornull parsedatetimeorzero
        snowflakeidtodatetime snowflakeidtodatetime64 str_to_date subtractdays
        subtracthours subtractmicroseconds subtractmilliseconds subtractminutes
        subtractmonths subtractnanoseconds subtractquarters subtractseconds
        subtractweeks subtractyears to_unixtime todatetime64 todatetime64ordefault
        todatetime64ornull todatetime64orzero todayofweek tolastdayofweek tostartofweek
        toweek toyearweek tumble tumbleend tumblestart week yearweek
        yyyymmddhhmmsstodatetime64
    """,
    "2 3": """
        date_bin time_bucket tostartofinterval
    """,
    "3": """
        age date_diff datediff hop hopend hopstart timestamp_diff timestampdiff
    """,
    "6": """
        makedatetime
    """,
    "8": """
        makedatetime64
    """,
})  # fmt: skip
"""Function or type → places of its arguments that may be a zone, from 0."""

TYPE_ARGUMENTS: Final = _by_name({
    "-1": """
        jsonextract jsonextractcaseinsensitive jsonextractkeysandvalues
        jsonextractkeysandvaluescaseinsensitive
    """,
    "0": """
        defaultvalueoftypename generaterandom gettypeserializationstreams input null
        values
    """,
    "1": """
        _cast accuratecast accuratecastordefault accuratecastornull cast dynamicelement
        getsubcolumn reinterpret variantelement
    """,
})  # fmt: skip
"""Function → place of the argument that names a type; -1: the last."""

BY_NAME: Final = frozenset({
    "date_format", "formatdatetime", "formatdatetimeinjodasyntax", "from_unixtime",
    "fromunixtimestamp", "fromunixtimestampinjodasyntax", "todatetimeordefault", "tostring",
})  # fmt: skip
"""Functions that take their zone from a column, too."""

TYPES: Final = frozenset({"datetime", "datetime32", "datetime64", "timestamp"})
"""Types of which an argument is a zone."""

_NAMES: Final = frozenset(ZONE_ARGUMENTS) | frozenset(TYPE_ARGUMENTS)


def may_name_one(words: Iterable[str]) -> bool:
    """Whether one of the words is a function or type that takes a zone, or the name of a type."""
    return any(word.lower() in _NAMES for word in words)
