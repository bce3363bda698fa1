"""The server under the application: connections, workers, memory."""
