"""Benchmarks: each module measures one claim and writes it down."""
