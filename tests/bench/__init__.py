"""Measures the pages, as ratios that hold on any machine."""
