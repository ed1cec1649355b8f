"""Ground: what happened in the business, written in the verb's own transaction. Knows no business."""
