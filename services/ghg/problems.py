"""Slugs of the greenhouse-gas service, explained: what is wrong, and what would be right. Pure."""

from infra.problems import Problem

from .activity.problems import ROW_PROBLEMS

PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "unknown-factor",
        "The factor set does not know this",
        "`facts.factor_set` has no `facts.factor`. Choose another set, or give your own value.",
    ),
    Problem(
        "unknown-factor-set",
        "There is no such factor set",
        "Choose one of `facts.known`.",
    ),
    Problem(
        "no-factor-set-yet",
        "Nothing was published by then",
        "No set of `facts.family` was public on `facts.as_of`: a later one cannot have been used.",
    ),
    Problem(
        "quantity-negative",
        "A quantity is below zero",
        "Masses, energies, distances and durations are zero or more. Returns and credits have lines"
        " of their own.",
    ),
    Problem(
        "mixed-gwp-sets",
        "Two sets of warming potentials in one result",
        "Amounts under `facts.sets` cannot be added. Recalculate all of them under one set.",
    ),
    Problem(
        "gwp-set-missing",
        "The set of warming potentials is missing",
        "Name one of `facts.known`; it is disclosed with the result.",
    ),
    Problem(
        "current-efficiency-not-percent",
        "The current efficiency cannot be",
        "It is given in per cent: above 1 and at most 100, so 95 and not 0.95.",
    ),
    Problem(
        "pfc-measurement-not-valid",
        "The facility's own PFC coefficients do not hold for these data",
        "`facts.faults` says why. Renew the measurement, or use the coefficients of a factor set.",
    ),
    Problem(
        "collection-efficiency-impossible",
        "The collection efficiency cannot be",
        "Hoods collect more than 0 % and at most 100 %.",
    ),
    Problem(
        "duct-gas-missing",
        "A gas was not measured in the duct",
        "A duct measurement gives the masses of CF4 and of C2F6. Give `facts.gas`, or zero where"
        " none was found.",
    ),
    Problem(
        "share-above-one",
        "A content is above one",
        "Contents are fractions of a mass: 2 % is 0.02.",
    ),
    Problem(
        "unknown-parameter",
        "The equation has no such parameter",
        "`facts.known` are the symbols of this equation.",
    ),
    Problem(
        "subdivision-of-other-country",
        "The province is not in the country",
        "Give the ISO 3166-2 code of a subdivision of `facts.country`.",
    ),
    Problem(
        "supply-twice",
        "Two supplies of power have one id",
        "Each supply of a facility and year has an id of its own.",
    ),
    Problem(
        "generator-factor-missing",
        "The factor of the plant is missing",
        "A direct line, a contract or a certificate claims the power of a plant: give its factor"
        " in kg CO2e/kWh, zero where it is zero.",
    ),
    Problem(
        "intensity-impossible",
        "The intensity cannot be",
        "An intensity of aluminium in t CO2e per tonne is above zero.",
    ),
    Problem(
        "start-after-data",
        "The smelter had not started yet",
        "The data are of a year before production began: look at both years.",
    ),
    Problem(
        "exit-rate-missing",
        "The rate on the last day of the year is missing",
        "The policy judges `facts.data_year` by the rate at its end: give it beside the average, as"
        " `parameter.exit_rate` of the year's data, in t CO2e/t.",
    ),
    Problem(
        "year-outside-curve",
        "The sector curve says nothing of that year",
        "It runs from `facts.first` to `facts.last`.",
    ),
    Problem(
        "year-outside-pathway",
        "The pathway says nothing of that year",
        "It runs from its base year to 2050.",
    ),
    Problem(
        "curve-not-intensity",
        "Converging needs an intensity",
        "`facts.curve` is a budget of the whole sector. Choose a curve in t CO2 per tonne, or the"
        " variant `indexed`.",
    ),
    Problem(
        "curve-is-flat",
        "The sector curve does not move",
        "Between the base year and the end it must fall: choose an earlier base year.",
    ),
    Problem(
        "market-share-impossible",
        "The market-share parameter cannot be",
        "It is above 0 and at most 1; 1 where output keeps its share.",
    ),
    Problem(
        "market-share-not-used",
        "The variant takes no market-share parameter",
        "Only what converges (`sda`, or `split` with `parts` `sda`) is made of it. Leave it out, or"
        " choose that.",
    ),
    Problem(
        "bases-differ",
        "The parts start in different years",
        "Power and the rest need one base year.",
    ),
    Problem(
        "base-year-missing",
        "There is no base year",
        "A base year is over and whole: every facility that produced in it has figures. Give a"
        " verified one with representative output, or enough of them for a mean. `facts.missing`"
        " names the facilities whose year is missing; after a change of structure, what is left of"
        " the base year gives nothing off.",
    ),
    Problem(
        "year-twice",
        "A year is given twice",
        "One set of data for each year.",
    ),
    Problem(
        "facility-twice",
        "A facility is given twice",
        "All years of a facility stand together.",
    ),
    Problem(
        "total-is-zero",
        "A total of zero has no per cent",
        "Give its uncertainty as an amount instead.",
    ),
    Problem(
        "too-few-draws",
        "Too few draws",
        "The ends of an interval need more: 10,000 are usual.",
    ),
    Problem(
        "line-of-nothing-known",
        "A line names no quantity that is given",
        "`facts.unknown` are the names that nobody gave a value.",
    ),
    Problem(
        "uncertainty-negative",
        "An uncertainty is below zero",
        "It is the half-width of an interval, in per cent: zero or more.",
    ),
    Problem(
        "scrap-kind-missing",
        "The kind of scrap is missing",
        "Split the lot into pre-consumer and post-consumer scrap, run-around and dross.",
    ),
    Problem(
        "run-around-bought",
        "Run-around scrap is one's own",
        "Scrap of another's process is pre-consumer scrap; name the metal it was cut from.",
    ),
    Problem(
        "unknown-regime",
        "There is no such report regime",
        "Look at the name of the regime.",
    ),
    Problem(
        "product-not-reported",
        "The regime has no report of that product",
        "Of this year a report under `facts.regime` speaks of what one of the steps `facts.known`"
        " made; choose one of these, or none for the first.",
    ),
    Problem(
        "scrap-method-not-allowed",
        "The regime does not take this method",
        "Choose one of `facts.allowed`.",
    ),
    Problem(
        "output-missing",
        "Nothing was made",
        "An intensity needs an output above zero.",
    ),
    Problem(
        "scrap-loss-missing",
        "The loss of post-consumer scrap is not told",
        "Without it the primary part of what was cast is not known. Add `loss.metal` with"
        " `scrap_kind` `post_consumer` at `facts.steps` (0 where nothing was lost), or"
        " `output.liquid_metal` where it is not told.",
    ),
    Problem(
        "scrap-in-cells-untold",
        "Whether scrap in cells is in what they tapped is not told",
        "Without it the primary part of what was cast is not known. Say in `of` of each row of"
        " that scrap `output.liquid_metal` where its metal was weighed with what cells tapped,"
        " `output.cast_metal` where it was not.",
    ),
    Problem(
        "furnace-metal-untold",
        "What a remelting furnace gave to casting is not told",
        "The furnace casts metal itself, and post-consumer and run-around scrap were melted, or of"
        " tapped metal the cast alone is told, or what was lost of post-consumer scrap is not. Add"
        " `output.to_casting` at `facts.steps` (0 where it gave none).",
    ),
    Problem(
        "scrap-stock-untold",
        "What scrap lies in stock is not told",
        "It may be of post-consumer scrap or of other, or at several steps or lines of cells. Tell"
        " `stock.opening` and `stock.closing` of `scrap.in` at the step that melts it, each"
        " with its `scrap_kind`.",
    ),
    Problem(
        "cast-stock-untold",
        "Whether cast metal in stock at the casthouse was cast already is not told",
        "Post-consumer scrap was melted whose loss is not told, and it would decide. Add"
        " `stock.opening` and `stock.closing` of `output.liquid_metal` at casting with what waited"
        " to be cast (0 where nothing did): stock of `output.cast_metal` is then metal that was"
        " cast. Or add `loss.metal` with `scrap_kind` `post_consumer`.",
    ),
    Problem(
        "unknown-item",
        "There is no such item",
        "Activity data are about items of the closed list: look at the spelling of `facts.item`.",
    ),
    Problem(
        "item-at-wrong-step",
        "The item does not belong to that step",
        "`facts.item` stands under one of `facts.steps`.",
    ),
    Problem(
        "datum-twice",
        "Two data have one id",
        "Each datum of a facility and year has an id of its own.",
    ),
    Problem(
        "factor-missing",
        "The factor is missing",
        "Give the factor of the supplier or the plant, in kg CO2e per unit of the item.",
    ),
    Problem(
        "cell-technology-missing",
        "The technology of the cells is missing",
        "PFC follow from the technology: name one of `facts.known` for the site or the datum.",
    ),
    Problem(
        "part-twice",
        "A part is counted twice",
        "Give `facts.part` another name, or leave it out.",
    ),
    Problem(
        "metal-input-missing",
        "No metal comes in",
        "Shares are of metal from outside: primary metal or scrap that was bought.",
    ),
    Problem(
        "factor-not-physical",
        "A factor cannot be",
        "Nothing gives off so much, or less than nothing, and no fossil fuel and nothing that is"
        " bought next to nothing: look at the unit of the factors of `facts.data`. They are in kg"
        " CO2e per unit of the item; own coefficients for perfluorocarbons are in the unit of"
        " theirs.",
    ),
    Problem(
        "unknown-lever",
        "There is no such lever",
        "Choose among `facts.known`.",
    ),
    Problem(
        "start-year-missing",
        "The year in which production began is missing",
        "Criterion 5.2 has other limits for smelters that started after 2020: give the year with"
        " the site.",
    ),
    Problem(
        "share-impossible",
        "The share cannot be",
        "A share of post-consumer scrap is at least 0 and below 1.",
    ),
    *ROW_PROBLEMS,
)
