"""Ground: who did what, when and how they came in. Append-only; chained afterwards, in the tick."""
