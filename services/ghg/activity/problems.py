"""Slugs of activity files, explained: what can be wrong with a row, and what is right. Pure."""

from infra.problems import Problem

ROW_PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "unit-unknown",
        "The unit is not known",
        "The sentence lists what can be written. `ton` and `mt` mean two things each.",
    ),
    Problem(
        "unit-of-other-kind",
        "The unit measures something else",
        "A mass cannot be in kWh. The sentence says what the item is measured in.",
    ),
    Problem(
        "value-missing",
        "A value is missing",
        "Every row has a facility, a year, a step, an item, a quantity, a unit and a kind of data.",
    ),
    Problem(
        "year-not-calendar",
        "That is no calendar year",
        "Data are of a year from 1 January to 31 December, written 2024. Split a financial year.",
    ),
    Problem(
        "period-outside-year",
        "The period leaves its year",
        "Give each calendar year the part that falls into it, in rows of its own. Only a parameter"
        " may have been measured before the year.",
    ),
    Problem(
        "invalid-number",
        "That is no number",
        "Digits with a decimal point, nothing between thousands: 1234.5.",
    ),
    Problem(
        "invalid-day",
        "That is no day",
        "Write days as 2024-12-31.",
    ),
    Problem(
        "invalid-id",
        "That is no id",
        "An id has letters, digits and . _ : -, 128 at most, and begins with a letter or a digit.",
    ),
    Problem(
        "invalid-certificates",
        "The certificates cannot be read",
        "Write each with its megawatt-hours: `GEC-7: 1200; GEC-8: 30`. Years and lots are written"
        " the same way, or once for all.",
    ),
    Problem(
        "certificate-not-named",
        "Something is told of a certificate that is not used",
        "The year in which power was generated, and what a lot holds, stand beside the certificate"
        " and the megawatt-hours that are cancelled of it.",
    ),
    Problem(
        "invalid-start",
        "That is no year of a start",
        "Write the year in which production began as 1971.",
    ),
    Problem(
        "text-too-long",
        "A text is too long",
        "It has 200 characters at most: name the document, do not copy it.",
    ),
    Problem(
        "unknown-step",
        "There is no such process step",
        "The sentence names the steps; `site` is what a whole site shares.",
    ),
    Problem(
        "unknown-data-kind",
        "There is no such kind of data",
        "The sentence names the kinds: from measured to default.",
    ),
    Problem(
        "unknown-scrap-kind",
        "There is no such kind of scrap",
        "Pre-consumer, post-consumer, internal or dross; a mixed lot is split.",
    ),
    Problem(
        "unknown-treatment",
        "There is no such treatment of a waste",
        "The sentence names the words, from reused to discharged. Leave it empty where nobody told"
        " what became of the waste.",
    ),
    Problem(
        "unknown-cell-technology",
        "There is no such technology of cells",
        "The sentence names them. Metal, anode effects, coefficients and paste are of cells; at"
        " other items the technology is free text.",
    ),
    Problem(
        "sold-of-nothing",
        "The row does not say what was sold",
        "Name in `of` what was made (`output.cast_metal`) or bought, as a stock does: else nothing"
        " would be taken off.",
    ),
    Problem(
        "scrap-of-nothing",
        "The row does not say where the metal of scrap was weighed",
        "In `of` of scrap stands `output.liquid_metal` where cells melted it and its metal is in"
        " what they tapped, `output.cast_metal` where they did and it is not, and nothing at any"
        " other.",
    ),
    Problem(
        "neither-yes-nor-no",
        "A word says neither yes nor no",
        "Write yes or no, or leave the cell empty.",
    ),
    Problem(
        "unknown-proof",
        "There is no such proof",
        "The sentence names the proofs of a supply of power.",
    ),
    Problem(
        "unknown-country",
        "There is no such country",
        "Write the English name or the ISO 3166 code.",
        422,
    ),
    Problem(
        "unknown-subdivision",
        "The country has no such subdivision",
        "Write its name or its ISO 3166-2 code.",
        422,
    ),
    Problem(
        "unknown-site-word",
        "The word means nothing for this column",
        "The sentence names the words that it takes.",
    ),
    Problem(
        "site-contradicts",
        "The file says two things of one site",
        "All rows of a facility-year say the same of the site, and what is registered of it.",
    ),
    Problem(
        "factor-not-used",
        "The item takes no emission factor",
        "Outputs, stocks and the like have none, nor what an equation reckons by its carbon"
        " (`input.`): leave the cell empty.",
    ),
    Problem(
        "with-its-facility-year",
        "The row is right, its facility-year is not",
        "A facility-year is taken whole or not at all. Mend the other rows of it and send"
        " all again.",
    ),
    Problem(
        "invalid-unlocode",
        "That is no UN/LOCODE",
        "Two letters of the country and three letters or digits of the place, as NOSUN.",
    ),
    Problem(
        "unlocode-of-other-country",
        "The UN/LOCODE is of another country",
        "Its first two letters are the country in which the facility stands.",
    ),
    Problem(
        "invalid-degrees",
        "These are no degrees",
        "Latitude from -90 to 90, longitude from -180 to 180, with a decimal point; give both.",
    ),
    Problem(
        "unknown-currency",
        "There is no such currency",
        "Write its code of ISO 4217: CNY, INR, EUR.",
    ),
    Problem(
        "rebate-above-price",
        "More is given back than is due",
        "Price and rebate are both per tonne of CO2e, in the same currency.",
    ),
    Problem(
        "unknown-boundary",
        "There is no such boundary",
        "Embedded emissions are `direct`, `direct_and_indirect` or `cradle_to_gate`.",
    ),
    Problem(
        "embedded-not-used",
        "Only bought metal embeds emissions",
        "Embedded emissions and their boundary stand at bought metal; leave them empty elsewhere.",
    ),
    Problem(
        "unknown-gwp-set",
        "No set of warming potentials is called so",
        "Write SAR, AR4, AR5 or AR6; leave the field empty where nobody said.",
        422,
    ),
    Problem(
        "stock-of-nothing",
        "The stock holds nothing that counts",
        "A stock says `of` what it is: something that was bought (`bought.anode`) or made"
        " (`output.alumina`). Fuels, and what an equation takes in, are given as they were used.",
    ),
    Problem(
        "fuel-field-not-used",
        "Only a fuel has a calorific value",
        "Calorific value, its unit and the oxidation factor stand at fuels; leave them empty"
        " elsewhere.",
    ),
    Problem(
        "calorific-value-not-physical",
        "No such fuel has this calorific value",
        "It is net, and near what is usual for the fuel. Look at its unit: GJ/t is MJ/kg.",
    ),
    Problem(
        "invalid-cn-code",
        "That is no code of goods of aluminium",
        "Four, six or eight digits of the combined nomenclature that begin with 76.",
    ),
    Problem(
        "cn-code-not-used",
        "This is no good",
        "A code of goods stands at metal that leaves: tapped, cast or semi-fabricated.",
    ),
)
