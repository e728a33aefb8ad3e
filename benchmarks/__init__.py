"""How fast Dateline is beside others: `make bench`, see docs/performance.md."""
