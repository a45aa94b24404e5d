"""Chain of custody: every tonne accounted for, every claim covered, footprints carried along.

    accounting      entries in kilograms, mass balance, claims, stages, periods, footprints
    pools           one stage's metal of one scope and period, as a stream
    scopes          who may keep accounts, and whose metal counts
    documents       CoC documents between a seller and a buyer, checked on their day
    movements       files of movements, booked many together
    traces          where metal comes from, and where it went
    flows           the picture of it: what a viewer may see, and what all may see
    yearly_reports  the yearly report to ASI
    exports         GS1 EPCIS, statements

`domain` and `reactions` gather what these decide, `rows` what is remembered.
"""
