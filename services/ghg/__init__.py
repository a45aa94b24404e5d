"""Greenhouse gases: from a facility's activity data to an intensity that stands an audit.

    activity            data come in: items, units, files, what is refused, how they are kept
    factors             numbers of others, dated and sourced: sets, grids, warming potentials
    calculation         an inventory becomes lines of activity times factor, and their sums
    findings            what an auditor would write down: rules R-01 to R-26, R-34
    results             a result's life: calculated, submitted, verified, disclosed, corrected
    reports             regimes and why they differ, criterion 5.2, what-if
    plans               criteria 5.3 and 5.4: pathways, targets, reduction plans
    suppliers           data asked of suppliers, and what their answers change
    claims              what may be said of it all, in English and Chinese
    power_certificates  every megawatt-hour cancelled once
    aggregates          many facilities together, with nobody given away

`domain` and `reactions` gather what these decide, `rows` what is remembered; `offline` calculates a
file without a server.
"""
