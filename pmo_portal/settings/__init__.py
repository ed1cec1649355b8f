"""Settings: base is production, read from the environment; local is the embedded form; test is for the suite."""
