"""Greenhouse gases: from a facility's activity data to an intensity that stands an audit.

The service will take activity data of a facility and calendar year, calculate its inventory and
intensity with the working shown, find what an auditor would find, have the result verified and
disclosed, and follow it against the thresholds and the pathway. What is here are its leaves: pure
calculations, exact decimals throughout, numbers as dated data with their source.

    services.ghg.factors         factor sets as data; services.ghg.factorfiles reads them
    services.ghg.working         how a result shows its working
    services.ghg.gwp             warming potentials; sets are never mixed
    services.ghg.pfc             CF4 and C2F6 by tier 1, slope, over-voltage and measurement
    services.ghg.electrolysis    CO2 of anodes, paste and coke as carbon balances
    services.ghg.grid            grid factors by place and announcement
    services.ghg.certificates    certificates for power, cancelled once
    services.ghg.electricity     bought power, location-based and market-based
    services.ghg.threshold       criterion 5.2 and its gap
    services.ghg.curve           what a sector may give off, by year
    services.ghg.baseyear        the base year, its evidence, and when it moves
    services.ghg.pathway         criterion 5.3: targets to 2050, plan against actual
    services.ghg.scrap           what scrap carries into a melt, by method and regime
    services.ghg.uncertainty     error propagation and simulation
    services.ghg.secondary       world-average processes, where nobody tells
    services.ghg.calculate       from an inventory to its lines; each family of items has a module
                                 of its own (`fuel_lines`, `power_lines`, `pfc_lines` ...)
    services.ghg.calorific       what a plant knows of the fuel it burns
    services.ghg.tables          factors as a calculation applies them, looked up once
    services.ghg.flows           what goes from step to step, and what leaves
    services.ghg.totals          sums: by scope and step, mine to metal, footprints, primary data
    services.ghg.spread          how sure a result is
    services.ghg.regimes         report regimes; services.ghg.report makes a report of one
    services.ghg.differences     why two reports of the same data differ
    services.ghg.plausible      data that cannot be, refused before anything is calculated
    services.ghg.findings       what an auditor would write down: rules R-01 to R-26, R-34
    services.ghg.claims         what may be said of it all, in English and Chinese
    services.ghg.metal          the metal of a site: what enters, leaves, is lost and stored
    services.ghg.circularity    recycled content, scrap, yield, dross, linings, waste
    services.ghg.levers         what if: which lever closes the gap of criterion 5.2
    services.ghg.problems        its refusals, explained
"""
