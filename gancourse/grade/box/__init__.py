"""The sandbox: a process that runs student code, the wire to it, and how both are confined."""
