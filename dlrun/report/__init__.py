"""The report: records in, terminal tables out. Everything it shows can be rebuilt from a run folder."""
