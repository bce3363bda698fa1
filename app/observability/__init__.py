"""What operators look at: metrics, logs, recent errors."""
