"""Items as live writes changed them, and how a value fits a column."""
