"""Slugs of imports, explained: of files refused whole, and of single rows. Pure."""

from infra.problems import Problem

UNUSABLE = 422
PROBLEMS: tuple[Problem, ...] = (
    Problem("file-empty", "The file is empty", "Send a file with a header and rows.", UNUSABLE),
    Problem(
        "file-without-rows",
        "The file has no rows",
        "There is a header and nothing below it.",
        UNUSABLE,
    ),
    Problem(
        "file-not-text",
        "The file is not text",
        "CSV and NDJSON are text in UTF-8; NUL bytes stand in binary files and in UTF-16.",
        UNUSABLE,
    ),
    Problem(
        "file-broken",
        "The file cannot be read to its end",
        "A quote is not closed, a cell or line is far too long, or the file is damaged. Nothing"
        " was taken from it. The sentence says where it breaks.",
        UNUSABLE,
    ),
    Problem(
        "wrong-encoding",
        "The file is not UTF-8",
        "Save it as 'CSV UTF-8'. Other encodings are not guessed: names would be spoilt.",
        UNUSABLE,
    ),
    Problem(
        "wrong-format",
        "The file has another format",
        "Say `format=csv`, `xlsx` or `ndjson`, whichever the file has.",
        UNUSABLE,
    ),
    Problem(
        "header-missing",
        "The file has no header",
        "The first row must name the columns.",
        UNUSABLE,
    ),
    Problem(
        "header-broken", "The header cannot be read", "Mend the first row of the file.", UNUSABLE
    ),
    Problem("header-blank", "A column has no name", "Name every column in row 1.", UNUSABLE),
    Problem(
        "header-repeats",
        "Two columns have the same name",
        "Give one of them another name, or leave it out.",
        UNUSABLE,
    ),
    Problem(
        "columns-missing",
        "A field that every row needs has no column",
        "Say which column means it (`map=field:column`) or give all rows a value"
        " (`set=field:value`). `facts.missing` names the fields.",
        UNUSABLE,
    ),
    Problem(
        "column-ambiguous",
        "Two columns could mean the same field",
        "Say which one does: `map=field:column`.",
        UNUSABLE,
    ),
    Problem(
        "unknown-column",
        "The file has no such column",
        "A mapping names a column that is not in row 1.",
        UNUSABLE,
    ),
    Problem(
        "invalid-mapping",
        "The mapping cannot be read",
        "Write `map=field:column` and `set=field:value`, each field once.",
        UNUSABLE,
    ),
    Problem(
        "unit-missing",
        "A quantity has no unit",
        "Put the unit at the end of the column's name, or set it for all rows; over HTTP each datum"
        " has its `unit`.",
        UNUSABLE,
    ),
    Problem("unknown-unit", "The unit is not known", "The sentence lists the units.", UNUSABLE),
    Problem(
        "row-unreadable",
        "A row cannot be read",
        "The sentence says what is wrong with the line. Mend it; the other rows were taken.",
        UNUSABLE,
    ),
    Problem(
        "wrong-number-of-cells",
        "A row has too many or too few cells",
        "Look for a quote or a line break that is missing or too many.",
        UNUSABLE,
    ),
    Problem(
        "rows-refused",
        "Nothing was taken, as some rows were refused",
        "The import asked for all rows or none. Mend those that were refused and send the file"
        " again as a new import.",
        UNUSABLE,
    ),
    Problem(
        "sync-withheld",
        "Nothing was proposed for closure",
        "Some rows could not be told apart, so what is absent from the file is not known for sure."
        " Mend those rows and import the file again.",
        UNUSABLE,
    ),
    Problem(
        "too-many-groups",
        "Too many groups of rows",
        "Rows that belong together are taken together. Send several files.",
        413,
    ),
    Problem(
        "group-too-large",
        "Too many rows belong together",
        "They are taken or refused as one. Sum some of them up.",
        413,
    ),
    Problem(
        "unknown-import",
        "There is no such import",
        "Look at the import's id; an import is shown to the member who sent it only.",
    ),
    Problem(
        "several-sheets",
        "Several sheets have rows",
        "Send each sheet as a file of its own. Hidden sheets are not read.",
        UNUSABLE,
    ),
    Problem("too-many-columns", "Too many columns", "Leave out what is not needed.", UNUSABLE),
    Problem(
        "too-many-rows",
        "Too many rows",
        "A file has `facts.rows` rows at most, and 1 GB. Send several files.",
        413,
    ),
    Problem(
        "xlsx-too-large",
        "The XLSX file takes too much room",
        "A table in XLSX must be unpacked to be read. Save it as CSV: that is read as it comes.",
        413,
    ),
    Problem(
        "import-id-reused",
        "The import id belongs to another import",
        "An import id names one file and one way to read it, for ever. Make a new id.",
        409,
    ),
)
