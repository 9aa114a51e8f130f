"""Sets of words that mean the same in a request: verbs by what they do, nouns by what they stand for."""

from __future__ import annotations

from typing import Final

_GIVE: Final = (
    "put save write store keep copy send bring take get fetch download pull place record note transfer deliver drop "
    "file list collect gather load retrieve grab leave hand give transmit merge push upload enter log print set"
)
_GIVEN: Final = (
    "put saved written stored kept copied sent brought taken fetched downloaded pulled placed recorded noted "
    "transferred delivered filed listed collected gathered loaded retrieved left handed given "
    "transmitted merged pushed "
    "uploaded entered logged had"
)


def either(text: str) -> str:
    return "|".join(text.split())


SETS: Final[dict[str, str]] = {
    "give": either(_GIVE),
    "given": either(_GIVEN),
    "goes": "becomes|become|goes|go|belongs|belong|comes|come|is wanted|are wanted|should go|must go|is to go|"
    "are to go|ends up|"
    "should end up|has to go|should land|lands",
    "be": "is [then|now]|are [then|now]|gets|get|is to be|are to be|should [then] be|must be|has to be|have to be|"
    "shall be|needs to be|need to be|should get",
    "want": "i want|i need|we need|we want|i would like|i would like to have|we would like|i should like|i would love|"
    "give me|let me have|get me|i want to have|i would like to see|i want to see",
    "let": "have|let|make",
    "read": "read|look at|check|get|take|fetch|measure|find|find out|determine|compute|calculate|work out|look up|"
    "see|tell me|what is|what are|i want to know|i would like to know|query|ask|poll|request|obtain",
    "sep": ", and|, and then|and then|, then|, but|but|,|and|:|, so|as well as",
    "the": "the|a|an|its|their|this|that|these|those|our|my|all|all the|all of the|both|both the|each|every",
    "fnoun": "file|log|log file|workbook|archive|backup|script|database|table|model|copy|csv file|csv|spreadsheet|text "
    "file|json file|program|picture|image|document|page|zip|tarball|package|report|binary|excel file|pdf",
    "folder": "folder|directory|subfolder",
    "row": "rows|row|records|record|entries|entry|lines|everybody|everyone|people|ones|those|all|anyone|members|items|"
    "orders|customers|all those|all rows|all the rows|all records|every row|anything|everything",
    "dev": "server|machine|device|host|computer|box|one",
    "devs": "servers|machines|devices|hosts|computers|three|two|four|ones",
    "on": "on|onto|to|at|in|over to|for",
    "in": "in|into|to|as|under|at|called|named|inside|by the name|by the name of|within",
    "unit": "degrees|bytes|lines|percent|rows|messages|files|euros|seconds",
    "of": "of|in|from|on|for|over|across|among",
    "which": "that|which|who|and which",
    "sum": "sum|total",
    "over": "above|over|more than|greater than|higher than|larger than|bigger than|exceeding|beyond|hotter than|warmer "
    "than|later than|fuller than",
    "under": "below|under|less than|lower than|smaller than|fewer than|colder than|cooler than|beneath|short of",
    "most": "most|highest|biggest|largest|greatest|maximum|longest|newest|latest|top",
    "least": "least|lowest|smallest|fewest|minimum|shortest|oldest|earliest",
    "is": "is|are|was|were|comes to|come to|amounts to|amount to|adds up to|add up to|reads|equals|turns out to "
    "be|turns out|totals|exceeds the limit of|reaches|has|have|should be|comes out|comes out at",
    "state": "open|closed|on|off|shut|running|locked|unlocked",
    "good": "fine|good|ok|okay|intact|sound|complete|undamaged|all right|in order|healthy|valid|correct|in good shape",
    "bad": "bad|damaged|broken|corrupt|corrupted|incomplete|faulty|invalid|wrong|defective",
    "sha": "sha-256|sha256|sha-256 checksum|sha256 checksum|checksum|hash|sha-256 hash|sha256 hash|sha-256 sum|digest",
    "note": "notification|message|notice|pop-up|popup|desktop notification|alert",
    "that": "that says|saying|that reads|reading|with|with the words|with the text|:|which says|which reads|,",
    "show": "show|display|pop up|raise|put up|send|give|issue|i want to see|post|flash|bring up",
    "has": "has|have|holds|hold|contains|contain|keeps|keep|with",
    "draw": "draw|make|create|plot|produce|render|add|i want|build|chart|give me|paint|generate|prepare",
    "made": "[that|which] (it|this|they|the build|the command|the script|that) (leaves|leave|makes|make|"
    "produces|produce|creates|"
    "writes|builds|generates|prints into|puts) [there|behind|in it]|[that|which] comes out of (it|that|"
    "this)|[that|which] "
    "(results|is produced|is created|is left)",
    "and": ",|and|, and|as well as|plus",
}
PRONOUNS: Final = "it them that this these those they one"
NOUNS: Final = (
    "file files copy copies archive archives backup backups workbook workbooks table tables result results outcome "
    "count counts number numbers sum total mean average median value values answer reading readings temperature "
    "humidity word words text texts output outputs rows records lines hash checksum page pages "
    "download downloads chart "
    "picture report folder address addresses list data sums totals figures size sizes line title titles document "
    "spreadsheet log logs script product status statuses minimum maximum"
)
