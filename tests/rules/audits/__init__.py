"""Rules of audits and of the decisions on certificates, a sentence each."""
