"""Sweeps: one experiment trained many times with other settings and seeds, kept in a folder, and told as one outcome.

config + varied keys -> Plan -> trainings (executor) -> lines of the sweep's folder -> SweepOutcome -> report
"""
