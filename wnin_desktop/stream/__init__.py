"""Events between processes: a WebSocket server, a trainer's publisher and a watcher's subscriber."""
