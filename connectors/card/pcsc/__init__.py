"""Readers behind a PC/SC service (pcsc-lite).

Owns one killable worker process per read (`worker`; the only place that imports pyscard), the reader port over it
(`reader`), the watcher of what is plugged in and put in (`watching`), and what the service's error codes mean
(`faults`). A command that a dead card never answers blocks inside the service for ever: only ending the process that
waits brings the caller back (facts/smart-card, section 2, fault table).
"""
