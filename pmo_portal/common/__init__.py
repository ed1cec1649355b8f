"""Ground: what every room stands on. A closed list; knows no business."""
